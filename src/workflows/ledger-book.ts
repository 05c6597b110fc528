import { log, patched, setCurrentDetails, upsertMemo } from '@temporalio/workflow';
import { EVERYWHERE, HALT_MEMO, PLACES_MEMO } from '../domain/ledger/names.ts';
import { readState } from '../domain/ledger/read.ts';
import { dueForCheck, nextWakeMs, step, type LedgerEvent } from '../domain/ledger/step.ts';
import type { Answer, LedgerState } from '../domain/ledger/state.ts';
import type { Halt } from '../domain/run.ts';
import { sendAnswer } from './ledger-answers.ts';
import { describeLedger } from './ledger-details.ts';
import { ledgering } from './proxies.ts';

/** Holders asked about at once. */
const CHECKED_AT_ONCE = 50;

/** A ledger at work: its state, and what is under way outside of it. */
export class Book {
  state: LedgerState;
  /** Answers, checks and halts that are on their way. */
  pending = 0;
  private readonly environment: string;
  private readonly checkEveryMs: number;
  private isChecking = false;

  /** @param state as a predecessor left it; anything else is an empty ledger */
  constructor(environment: string, state: unknown, checkEveryMs: number) {
    this.environment = environment;
    this.state = readState(state);
    this.checkEveryMs = checkEveryMs;
  }

  /** Takes what no update brought: a signal, the clock, an answer. */
  hear(event: LedgerEvent): void {
    this.take(event);
    this.leaveEvent();
  }

  /**
   * A workflow task that leaves no event looks to a replay like the beginning of the next one, if that is for an update: what it heard is then
   * handled at the time of the next, and a later replay, which sees the update's own event, does not repeat that. The ledger would stand still for ever.
   */
  leaveEvent(): void {
    if (patched('each-task-leaves-an-event')) upsertMemo({ [PLACES_MEMO]: placesOf(this.state) });
  }

  /** Takes an event and sends the answers that it leads to. @returns them, too */
  take(event: LedgerEvent, tellAlso: (answer: Answer) => boolean = () => true): Answer[] {
    const { state, answers } = step(this.state, event, Date.now(), this.checkEveryMs);
    this.state = state;
    setCurrentDetails(describeLedger(this.environment, state));
    for (const answer of answers.filter(tellAlso)) void this.send(answer);
    return answers;
  }

  /** What cannot be answered is gone. */
  private async send(answer: Answer): Promise<void> {
    const { holder, runId } = answer;
    await this.during(async () => {
      if (!(await sendAnswer(answer))) this.take({ kind: 'expire', holder, runId, why: 'its run takes no answer' });
    });
  }

  /** Stops the runs, those that the ledger knows and those that it does not: they may wait for an approval or be at their start. */
  async stopRuns(halt: Halt, known: readonly string[], afterMs: number): Promise<void> {
    await this.during(async () => {
      await ledgering
        .stopRuns({
          halt,
          known: [...known],
          afterMs,
          takenMs: Date.now(),
          ...(this.environment !== EVERYWHERE && { environment: this.environment }),
        })
        .catch((cause: unknown) => {
          log.error('the halt could not be brought to every run; each meets it at its next gate', { cause: String(cause) });
        });
    });
  }

  /** Puts the halt where it can be read without a worker. */
  noteHalt(): void {
    upsertMemo({ [HALT_MEMO]: this.state.halt ?? null });
  }

  /** Asks whether those are alive who have been silent for long. Whoever cannot be judged keeps its place. */
  async check(): Promise<void> {
    const due = dueForCheck(this.state, Date.now()).slice(0, CHECKED_AT_ONCE);
    if (due.length === 0 || this.isChecking) return;
    this.isChecking = true;
    await this.expireGone(due);
    this.isChecking = false;
  }

  /** The same at once for everybody, because somebody asks. @returns what was found */
  async sweep(): Promise<string> {
    const all = [...this.state.holds, ...this.state.queue];
    const gone: string[] = [];
    for (let i = 0; i < all.length; i += CHECKED_AT_ONCE) gone.push(...(await this.expireGone(all.slice(i, i + CHECKED_AT_ONCE))));
    const places = all.length === 1 ? '1 place' : `${all.length} places`;
    return gone.length === 0
      ? `${places}, all of them of runs that live or cannot be judged`
      : `${places}; taken from runs that are gone: ${gone.join(', ')}`;
  }

  private async expireGone(places: readonly { holder: string; runId: string }[]): Promise<string[]> {
    const gone: string[] = [];
    await this.during(async () => {
      const unknown = places.map(({ holder }) => ({ holder, is: 'unknown' as const }));
      const found = await ledgering.whoRuns(places.map(({ holder }) => holder)).catch(() => unknown);
      for (const { holder, runId } of places) {
        const isGone = found.some((one) => one.holder === holder && one.is === 'gone');
        if (isGone) log.warn('a holder is gone without a word', { holder });
        if (isGone) gone.push(holder);
        this.take(isGone ? { kind: 'expire', holder, runId, why: 'its run has ended without releasing it' } : { kind: 'alive', holder });
      }
    });
    return gone;
  }

  private async during(work: () => Promise<void>): Promise<void> {
    this.pending++;
    await work().finally(() => this.pending--);
    this.leaveEvent();
  }

  /** When it must do something by itself; while it asks about the living, only cool-downs. */
  wakeMs(): number {
    const asked = this.isChecking
      ? { ...this.state, holds: [], queue: this.state.queue.map((one) => ({ ...one, checkAtMs: Infinity })) }
      : this.state;
    return nextWakeMs(asked) ?? Infinity;
  }
}

const placesOf = ({ holds, queue }: LedgerState) => ({ held: holds.length, waiting: queue.length });
