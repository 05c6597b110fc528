import { GENESIS, seal, type AuditedRun, type AuditFact, type AuditHead } from '../../domain/audit/entry.ts';
import { sha256 } from '../audit/digest.ts';
import { storableFact } from '../storable.ts';
import type { Database, Query } from './database.ts';
import { timestamp } from './time.ts';

export const HEAD = `SELECT sequence::float8 AS sequence, hash FROM breakwater.audit ORDER BY sequence DESC LIMIT 1`;

/**
 * The chain has one end: who writes to it holds this lock, and a writer that froze is sent away soon. The number is nothing but unlikely to be
 * somebody else's. What is read after the lock was had is what the writer before has left.
 */
const BEGIN = `SET LOCAL idle_in_transaction_session_timeout = '2s'; SELECT pg_advisory_xact_lock(7246351908471132); ${HEAD}`;

const APPEND = `INSERT INTO breakwater.audit (sequence, key, at, actor, action, subject, run, details, previous, hash)
  SELECT sequence::bigint, key, ${timestamp('at')}, actor, action, subject, run::jsonb, details::jsonb, previous, hash
  FROM unnest($1::float8[], $2::text[], $3::float8[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
    AS entry (sequence, key, at, actor, action, subject, run, details, previous, hash)
  ORDER BY sequence`;

/** The fields of a run that its entries are bound to, of table `run`. */
export const BINDING = `run.workflow_id AS "workflowId", run.run_id AS "runId", run.plan_digest AS "planDigest",
  run.experiment_digest AS "experimentDigest", run.ticket, run.requested_by AS "requestedBy"`;

export type BindingRow = { [field in keyof AuditedRun]-?: AuditedRun[field] | null };

/** A column without a value is a field that is absent. */
export const bindingOf = ({ workflowId, runId, planDigest, experimentDigest, ticket, requestedBy }: BindingRow): AuditedRun =>
  Object.fromEntries(
    Object.entries({ workflowId, runId, planDigest, experimentDigest, ticket, requestedBy }).filter(([, value]) => value !== null),
  ) as unknown as AuditedRun;

/** Lets writes be chained: the entries of what `write` says it did are appended in its transaction. One at a time per process. */
export type Chain = <R>(doing: string, write: (query: Query) => Promise<{ facts: readonly AuditFact[]; answer: R }>) => Promise<R>;

async function append(query: Query, facts: readonly AuditFact[], head: AuditHead): Promise<void> {
  const entries = seal(facts.map(storableFact), head, sha256);
  const column = <T>(pick: (entry: (typeof entries)[number]) => T): T[] => entries.map(pick);
  await query(APPEND, [
    ...[column((e) => e.sequence), column((e) => e.key), column((e) => e.atMs), column((e) => e.actor), column((e) => e.action)],
    ...[column((e) => e.subject), column((e) => (e.run ? JSON.stringify(e.run) : null)), column((e) => JSON.stringify(e.details))],
    ...[column((e) => e.previous), column((e) => e.hash)],
  ]);
}

/** Opens the end of the chain. Whoever waits here holds no connection, which samples may need. */
export function openChain(database: Database): Chain {
  let last: Promise<unknown> = Promise.resolve();
  return (doing, write) => {
    const turn = last.then(() =>
      database.transaction<AuditHead, Awaited<ReturnType<typeof write>>['answer']>(doing, BEGIN, async (query, [head = GENESIS]) => {
        const { facts, answer } = await write(query);
        if (facts.length > 0) await append(query, facts, head);
        return answer;
      }),
    );
    last = turn.catch(() => undefined);
    return turn;
  };
}
