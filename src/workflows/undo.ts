import { CancellationScope, log } from '@temporalio/workflow';
import { reasonOf } from './failure.ts';

/** One armed undo. `run` answers what it found, or throws when it could not. */
export interface Undo {
  what: string;
  /** What keeps the damage of others small is undone after them. */
  isLast?: boolean;
  run(): Promise<string>;
}

/** What could not be undone, and why. */
export interface Stuck {
  what: string;
  why: string;
}

/** What became of the body and of the undos. */
export interface Undone {
  error?: unknown;
  /** A person must look. */
  stuck: Stuck[];
  done: { what: string; evidence: string }[];
}

/**
 * Runs `body`, which arms each undo before its deed, then undoes all of it whatever happened: breach, cancel, error.
 * Undos run side by side in a scope that nobody can cancel, those that are last after the others; one that fails never stops another.
 */
export async function withUndo(body: (arm: (undo: Undo) => void) => Promise<void>, beforeUndo: () => void): Promise<Undone> {
  const armed: Undo[] = [];
  const error = await body((undo) => armed.push(undo)).then(
    () => undefined,
    (cause: unknown) => cause ?? new Error('failed without a reason'),
  );
  beforeUndo();
  const outcome: Undone = { stuck: [], done: [], ...(error !== undefined && { error }) };
  await CancellationScope.nonCancellable(async () => {
    const undo = async ({ what, run }: Undo): Promise<void> => {
      try {
        outcome.done.push({ what, evidence: await run() });
      } catch (cause) {
        const why = reasonOf(cause);
        outcome.stuck.push({ what, why });
        log.error('undo failed', { what, why });
      }
    };
    armed.reverse();
    const last = armed.filter(({ isLast }) => isLast);
    await Promise.all(armed.filter(({ isLast }) => !isLast).map(undo));
    if (last.length > 0) await Promise.all(last.map(undo));
  });
  return outcome;
}
