import type { Records, RunEvent } from '../ports.ts';
import { eventKey, factOfEvent } from '../../domain/audit/facts.ts';
import { RecordsError, refused } from '../errors.ts';
import { storableEvent } from '../storable.ts';
import { BINDING, bindingOf, type BindingRow, type Chain } from './chain.ts';
import type { Database } from './database.ts';
import { mergeWrites } from './merge-writes.ts';
import { runMustExist } from './run-must-exist.ts';
import { epochMs, timestamp } from './time.ts';

/** Answers with those that were not there before, and with what their entries in the audit log are bound to. */
const APPEND = `WITH added AS (INSERT INTO breakwater.events (workflow_id, key, at, kind, wave, iteration, data)
    SELECT workflow_id, key, ${timestamp('at')}, kind, wave, iteration, data::jsonb
    FROM unnest($1::text[], $2::text[], $3::float8[], $4::text[], $5::text[], $6::int[], $7::text[]) WITH ORDINALITY
      AS event (workflow_id, key, at, kind, wave, iteration, data, ordinal)
    ORDER BY ordinal
    ON CONFLICT (workflow_id, key) DO NOTHING
    RETURNING workflow_id, key, ordinal)
  SELECT added.key, ${BINDING} FROM added JOIN breakwater.runs AS run USING (workflow_id) ORDER BY added.ordinal`;

/** Of one transaction that several runs share. */
const MAX_EVENTS = 1_000;

const READ = `SELECT key, ${epochMs('at')} AS "atMs", kind, wave, iteration, data
  FROM breakwater.events WHERE workflow_id = $1 ORDER BY at, ordinal`;

const READ_MANY = `SELECT workflow_id AS "workflowId", key, ${epochMs('at')} AS "atMs", kind, wave, iteration, data
  FROM breakwater.events WHERE workflow_id = ANY ($1::text[]) AND kind = ANY ($2::text[]) ORDER BY workflow_id, at, ordinal`;

interface Row {
  key: string;
  atMs: number;
  kind: string;
  wave: string | null;
  iteration: number | null;
  data: Record<string, unknown>;
}

const toEvent = ({ wave, iteration, key, atMs, kind, data }: Row): RunEvent => ({
  key,
  atMs,
  kind,
  ...(wave === null ? {} : { wave }),
  ...(iteration === null ? {} : { iteration }),
  data,
});

/** Some events of one run. */
interface Batch {
  workflowId: string;
  events: readonly RunEvent[];
}

/** Writes them, and the audit entries of those that are new. */
const append = (chain: Chain, batches: readonly Batch[]): Promise<void> =>
  chain('append events', async (query) => {
    const rows = batches.flatMap(({ workflowId, events }) => events.map((event) => ({ workflowId, event })));
    const column = <T>(pick: (event: RunEvent) => T): T[] => rows.map(({ event }) => pick(event));
    const names = [rows.map(({ workflowId }) => workflowId), column((e) => e.key), column((e) => e.atMs), column((e) => e.kind)];
    const rest = [column((e) => e.wave ?? null), column((e) => e.iteration ?? null), column((e) => JSON.stringify(e.data))];
    const added = await query<BindingRow & { key: string }>(APPEND, [...names, ...rest]);
    const given = new Map(rows.toReversed().map(({ workflowId, event }) => [eventKey(workflowId, event.key), event]));
    const facts = added.rows.flatMap(({ key, ...row }) => {
      const run = bindingOf(row);
      const event = given.get(eventKey(run.workflowId, key));
      return event ? [factOfEvent(event, run)] : [];
    });
    return { facts, answer: undefined };
  });

type EventPart = Pick<Records, 'appendEvents' | 'events' | 'eventsOf'> & {
  /** Waits until everything that was given is answered. */
  eventsSettled: () => Promise<void>;
};

/** The part of the records that keeps decisions and deeds. What comes at the same time shares a transaction. */
export function eventRecords({ query }: Database, chain: Chain): EventPart {
  const { put, settled } = mergeWrites<Batch>(
    (batches) => append(chain, batches),
    (cause) => cause instanceof RecordsError && cause.retryable,
    ({ events }) => events.length,
    MAX_EVENTS,
  );
  return {
    eventsSettled: settled,
    async appendEvents(workflowId, given) {
      const events = given.map(storableEvent);
      if (events.length > 0) await runMustExist(workflowId, put({ workflowId, events }));
    },
    events: async (workflowId) => (await query<Row>('read events', READ, [workflowId])).rows.map(toEvent),
    async eventsOf(workflowIds, kinds) {
      if (workflowIds.length > 1_000) throw refused(`${workflowIds.length} runs at once: expected 1000 at most`);
      const { rows } = await query<Row & { workflowId: string }>('read events', READ_MANY, [workflowIds, kinds]);
      const found = new Map<string, RunEvent[]>();
      for (const row of rows) {
        const own = found.get(row.workflowId);
        if (own) own.push(toEvent(row));
        else found.set(row.workflowId, [toEvent(row)]);
      }
      return found;
    },
  };
}
