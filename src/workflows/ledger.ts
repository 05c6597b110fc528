import { allHandlersFinished, condition, continueAsNew, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { CHECK_EVERY_MS } from '../domain/ledger/settle.ts';
import type { LedgerState } from '../domain/ledger/state.ts';
import { Book } from './ledger-book.ts';
import { describeLedger } from './ledger-details.ts';
import { acceptMessages } from './ledger-doors.ts';

/** What starts a ledger. All but the environment is for its successors and for tests. */
export interface LedgerInput {
  /** Whose ledger it is; `_all`: it keeps nothing but the halt of all environments together. */
  environment: string;
  state?: LedgerState;
  checkEveryMs?: number;
  /** It continues as a new run after so many events: a history that is replayed must be short. */
  continueAfterEvents?: number;
}

const CONTINUE_AFTER_EVENTS = 2_000;

/** A ledger may be started from anywhere: whatever is wrong with its input, it works. */
const numberOf = (given: unknown, least: number, otherwise: number): number =>
  typeof given === 'number' && given >= least ? given : otherwise;

/**
 * The ledger of an environment: who may hold how much blast radius now. It lives for ever, in runs of bounded history.
 * Times are those of its workflow tasks.
 */
export async function ledger(input: Partial<LedgerInput> | undefined): Promise<void> {
  const environment = typeof input?.environment === 'string' ? input.environment.slice(0, 100) : '';
  const book = new Book(environment, input?.state, numberOf(input?.checkEveryMs, 100, CHECK_EVERY_MS));
  acceptMessages(book);
  setCurrentDetails(describeLedger(environment, book.state));
  if (book.state.halt) book.noteHalt();
  book.leaveEvent();
  const most = numberOf(input?.continueAfterEvents, 20, CONTINUE_AFTER_EVENTS);
  const isLong = (): boolean => workflowInfo().continueAsNewSuggested || workflowInfo().historyLength > most;
  for (;;) {
    const wakeMs = book.wakeMs();
    const isDue = (): boolean => book.wakeMs() < wakeMs || (isLong() && book.pending === 0);
    if (wakeMs === Infinity) await condition(isDue);
    else await condition(isDue, Math.max(1, wakeMs - Date.now()));
    book.hear({ kind: 'tick' });
    void book.check();
    if (!isLong() || book.pending > 0) continue;
    await condition(allHandlersFinished);
    await continueAsNew<typeof ledger>({ ...input, environment, state: book.state });
  }
}
