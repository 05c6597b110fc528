import type { Records, RunEvent } from '../ports.ts';
import { refused } from '../errors.ts';
import { storableEvent } from '../storable.ts';
import type { Database } from './database.ts';
import { runMustExist } from './run-must-exist.ts';
import { epochMs, timestamp } from './time.ts';

const APPEND = `INSERT INTO breakwater.events (workflow_id, key, at, kind, wave, iteration, data)
  SELECT $1, key, ${timestamp('at')}, kind, wave, iteration, data::jsonb
  FROM unnest($2::text[], $3::float8[], $4::text[], $5::text[], $6::int[], $7::text[]) WITH ORDINALITY
    AS event (key, at, kind, wave, iteration, data, ordinal)
  ORDER BY ordinal
  ON CONFLICT (workflow_id, key) DO NOTHING`;

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

/** The part of the records that keeps decisions and deeds. */
export const eventRecords = ({ query }: Database): Pick<Records, 'appendEvents' | 'events' | 'eventsOf'> => ({
  async appendEvents(workflowId, events) {
    const rows = events.map(storableEvent);
    if (rows.length === 0) return;
    const column = <T>(pick: (event: RunEvent) => T): T[] => rows.map(pick);
    const names = [column((e) => e.key), column((e) => e.atMs), column((e) => e.kind)];
    const rest = [column((e) => e.wave ?? null), column((e) => e.iteration ?? null), column((e) => JSON.stringify(e.data))];
    await runMustExist(workflowId, query('append events', APPEND, [workflowId, ...names, ...rest]));
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
});
