import type { Outcome } from './payment.ts';

/** How a payment went from the customer's point of view. `late`: not ended within its deadline, or not known to have. */
export type Result = Outcome | 'late';

/** A payment that was accepted and has not ended yet. */
interface Pending {
  acceptedMs: number;
  result: Promise<Result>;
  end(result: Result): void;
}

/** What the desk needs from outside. */
export interface DeskPorts {
  /** How the payments really ended, asked when news may have been missed. */
  outcomesOf(ids: string[]): Promise<Map<string, Outcome>>;
  /** Called once for each payment. */
  onResult(result: Result, seconds: number): void;
}

/** Waits for payments, and decides once for each whether it was in time. */
export interface Desk {
  /** The result of a payment that is awaited already. */
  resultOf(id: string): Promise<Result> | undefined;
  /** Begins to wait. Call it before the payment is queued, because it may end before the queue has answered. */
  expect(id: string): Promise<Result>;
  /** The payment was never queued, for it was there before: not counted. */
  forget(id: string): void;
  ended(id: string, result: Result): void;
  /** Asks for everything that is awaited. */
  catchUp(): Promise<void>;
}

/** @param deadlineMs a payment that has not ended by then is late, which counts as an error */
export function openDesk(deadlineMs: number, ports: DeskPorts): Desk {
  const pending = new Map<string, Pending>();

  const ended = (id: string, result: Result) => {
    const payment = pending.get(id);
    if (!payment) return;
    pending.delete(id);
    payment.end(result);
    ports.onResult(result, (performance.now() - payment.acceptedMs) / 1_000);
  };

  /** The news may have been lost with a connection: the database knows. */
  const judge = async (id: string) => {
    const outcome = await ports.outcomesOf([id]).then(
      (outcomes) => outcomes.get(id),
      () => undefined,
    );
    ended(id, outcome ?? 'late');
  };

  return {
    resultOf: (id) => pending.get(id)?.result,
    expect: (id) => {
      let end: (result: Result) => void = () => {};
      const result = new Promise<Result>((resolve) => (end = resolve));
      const timer = setTimeout(() => void judge(id), deadlineMs);
      void result.then(() => clearTimeout(timer));
      pending.set(id, { acceptedMs: performance.now(), result, end });
      return result;
    },
    forget: (id) => {
      pending.get(id)?.end('late');
      pending.delete(id);
    },
    ended,
    catchUp: async () => {
      const outcomes = await ports.outcomesOf([...pending.keys()]);
      for (const [id, outcome] of outcomes) ended(id, outcome);
    },
  };
}
