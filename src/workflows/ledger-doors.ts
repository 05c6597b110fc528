import { ApplicationFailure, log, setHandler } from '@temporalio/workflow';
import { readActor, readClaim, readHalt, readLeave, readLimits, readRelease } from '../domain/ledger/read.ts';
import type { LedgerEvent } from '../domain/ledger/step.ts';
import type { LedgerState, Reply } from '../domain/ledger/state.ts';
import type { Halt } from '../domain/run.ts';
import type { Book } from './ledger-book.ts';
import * as message from './ledger-messages.ts';

/** Whoever halts by signal is our client, and tells the runs itself; should it die on the way, the ledger does after this. */
const TOLD_BY_SENDER_MS = 3_000;

type Read<T> = { ok: true; value: T } | { ok: false; problem: string };

/** A rejected update leaves no event; its sender gets the text. Validators are synchronous on purpose: an async one accepts everything. */
function must<T>(read: Read<T>): T {
  if (read.ok) return read.value;
  throw ApplicationFailure.nonRetryable(read.problem, 'BadArgument');
}

/** A signal cannot be refused: what cannot be understood is logged and forgotten. */
function understood<T>(what: string, read: Read<T>, take: (value: T) => void): void {
  if (read.ok) take(read.value);
  else log.warn(`a signal was not understood: ${what}`, { problem: read.problem });
}

function takeHalt(book: Book, halt: Halt, afterMs: number): LedgerState {
  const known = [...book.state.holds, ...book.state.queue].map(({ holder }) => holder);
  book.take({ kind: 'halt', halt });
  book.noteHalt();
  void book.stopRuns(halt, known, afterMs);
  return book.state;
}

function acquire(book: Book, raw: unknown): Reply {
  const claim = must(readClaim(raw));
  const mine = (holder: string): boolean => holder === claim.holder;
  const answers = book.take({ kind: 'acquire', claim }, ({ holder }) => !mine(holder));
  return (
    answers.find(({ holder }) => mine(holder))?.reply ?? {
      kind: 'refused',
      reason: 'the ledger has no answer: this is a bug of Breakwater',
    }
  );
}

/** Lets runs and people speak to a ledger. */
export function acceptMessages(book: Book): void {
  const take = (event: LedgerEvent): void => void book.take(event);
  const hear = (event: LedgerEvent): void => book.hear(event);
  setHandler(message.ledgerState, () => book.state);
  setHandler(message.acquire, (raw) => acquire(book, raw), { validator: (raw) => void must(readClaim(raw)) });
  setHandler(message.acquireLater, (raw) => {
    understood('acquire', readClaim(raw), (claim) => hear({ kind: 'acquire', claim }));
  });
  setHandler(message.leave, (raw) => {
    understood('leave', readLeave(raw), hear);
  });
  setHandler(message.release, (raw) => {
    understood('release', readRelease(raw), hear);
  });
  setHandler(message.haltLater, (raw) => {
    understood('halt', readHalt(raw, Date.now()), (halt) => void takeHalt(book, halt, TOLD_BY_SENDER_MS));
  });
  setHandler(message.halt, (raw) => takeHalt(book, must(readHalt(raw, Date.now())), 0), {
    validator: (raw) => void must(readHalt(raw, Date.now())),
  });
  setHandler(
    message.lift,
    (raw) => {
      take({ kind: 'lift', by: must(readActor(raw)).by });
      book.noteHalt();
      return book.state;
    },
    { validator: (raw) => void must(readActor(raw)) },
  );
  setHandler(
    message.limits,
    (raw) => {
      take({ kind: 'limits', ...must(readLimits(raw)) });
      return book.state;
    },
    { validator: (raw) => void must(readLimits(raw)) },
  );
  setHandler(message.sweep, () => book.sweep());
  setHandler(
    message.expire,
    (raw) => {
      const { by, reason } = must(readActor(raw));
      for (const { holder, runId } of placesOf(book, raw)) take({ kind: 'expire', holder, runId, why: `${by} took it away: ${reason}` });
      return book.state;
    },
    {
      validator: (raw) => {
        must(readActor(raw));
        if (placesOf(book, raw).length === 0)
          throw ApplicationFailure.nonRetryable(
            'expected `holder`, the workflow id of a run that has a place in this ledger',
            'BadArgument',
          );
      },
    },
  );
}

const placesOf = ({ state }: Book, raw: unknown): { holder: string; runId: string }[] =>
  [...state.holds, ...state.queue].filter(({ holder }) => holder === (raw as { holder?: unknown } | null | undefined)?.holder);
