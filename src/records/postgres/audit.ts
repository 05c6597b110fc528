import type { AuditEntry, AuditHead } from '../../domain/audit/entry.ts';
import type { AuditLog, StrayRecord } from '../audit/port.ts';
import { storableLimit } from '../storable.ts';
import { HEAD, type Chain } from './chain.ts';
import type { Database } from './database.ts';
import { epochMs, timestamp } from './time.ts';

/** Of a page. */
const MOST_OF_A_PAGE = 2_000;

/** `place` is the sequence without loss, so that a page begins where the last one has ended, wherever somebody has put an entry. */
const PAGE = `SELECT sequence::float8 AS sequence, sequence::text AS place, key, ${epochMs('at')} AS "atMs", actor, action, subject, run, details, previous, hash
  FROM breakwater.audit
  WHERE ($1::bigint IS NULL OR sequence > $1) AND ($2::float8 IS NULL OR at >= ${timestamp('$2')}) AND ($3::text IS NULL OR subject = $3)
    AND ($4::float8 IS NULL OR at < ${timestamp('$4')})
  ORDER BY sequence LIMIT ${MOST_OF_A_PAGE}`;

const KNOWN = `SELECT DISTINCT key FROM breakwater.audit WHERE key = ANY ($1::text[])`;

/**
 * An event and its entry are written in one transaction, by the same clock. Only a run that was opened in the log needs an entry for every event: of
 * an older one only the later events have theirs. The first entry of an event counts, and a second one was put there.
 */
const STRAY = `SELECT coalesce(event.workflow_id, entry.subject) AS "workflowId", coalesce(event.key, entry.event_key) AS key,
    CASE WHEN entry.nth > 1 OR entry.sequence IS NULL THEN 'inserted' WHEN event.key IS NULL THEN 'deleted' ELSE 'edited' END AS kind
  FROM (SELECT sequence, subject, substr(key, length('event/' || subject || '/') + 1) AS event_key, at, action, details,
        row_number() OVER (PARTITION BY key ORDER BY sequence) AS nth
      FROM breakwater.audit WHERE key LIKE 'event/%' AND sequence > 0) AS entry
    FULL JOIN (SELECT events.*, workflow_id IN (SELECT subject FROM breakwater.audit WHERE action = 'run-opened' AND sequence > 0) AS in_log
        FROM breakwater.events) AS event
      ON event.workflow_id = entry.subject AND event.key = entry.event_key AND entry.nth = 1
  WHERE (entry.sequence IS NULL AND event.in_log) OR (entry.sequence IS NOT NULL
    AND (event.key, event.kind, event.at, event.data, event.wave, event.iteration) IS DISTINCT FROM
      (entry.event_key, entry.action, entry.at, entry.details->'data', entry.details->>'wave', (entry.details->>'iteration')::int))
  ORDER BY 1, 2 LIMIT $1`;

type Row = Omit<AuditEntry, 'run'> & { run: AuditEntry['run'] | null; place: string };

const toEntry = ({ run, place: _place, ...entry }: Row): AuditEntry => ({ ...entry, ...(run && { run }) });

/** The part of the records that tells of the chain. */
export const auditLog = ({ query }: Database, chain: Chain): AuditLog => ({
  async appendAudit(facts) {
    if (facts.length === 0) return;
    await chain('append to the audit log', async (send) => {
      const { rows } = await send<{ key: string }>(KNOWN, [facts.map(({ key }) => key)]);
      const known = new Set(rows.map(({ key }) => key));
      return { facts: facts.filter(({ key }) => !known.has(key) && known.add(key)), answer: undefined };
    });
  },
  auditHead: async () => (await query<AuditHead>('read the end of the audit log', HEAD)).rows[0],
  async *auditPages({ sinceMs, untilMs, after: begin, workflowId } = {}) {
    for (let after: string | null = begin === undefined ? null : String(begin); ;) {
      const { rows }: { rows: Row[] } = await query<Row>('read the audit log', PAGE, [
        after,
        sinceMs ?? null,
        workflowId ?? null,
        untilMs ?? null,
      ]);
      if (rows.length === 0) return;
      yield rows.map(toEntry);
      after = rows.at(-1)?.place ?? null;
    }
  },
  strayEvents: async (limit) =>
    (await query<StrayRecord & object>('compare the events with the audit log', STRAY, [storableLimit(limit)])).rows,
});
