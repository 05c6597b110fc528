import type { AuditEntry, AuditHead } from '../../domain/audit/entry.ts';
import type { AuditLog, StrayRecord } from '../audit/port.ts';
import { storableLimit } from '../storable.ts';
import { HEAD, type Chain } from './chain.ts';
import type { Database } from './database.ts';
import { epochMs, timestamp } from './time.ts';

/** Of a page. */
const MOST_OF_A_PAGE = 2_000;

const PAGE = `SELECT sequence::float8 AS sequence, key, ${epochMs('at')} AS "atMs", actor, action, subject, run, details, previous, hash
  FROM breakwater.audit
  WHERE sequence > $1 AND ($2::float8 IS NULL OR at >= ${timestamp('$2')}) AND ($3::text IS NULL OR subject = $3)
  ORDER BY sequence LIMIT ${MOST_OF_A_PAGE}`;

const KNOWN = `SELECT DISTINCT key FROM breakwater.audit WHERE key = ANY ($1::text[])`;

/** Of runs that were opened since there is an audit log. An event and its entry are written in one transaction, by the same clock. */
const STRAY = `SELECT coalesce(event.workflow_id, entry.subject) AS "workflowId", coalesce(event.key, entry.event_key) AS key,
    CASE WHEN event.key IS NULL THEN 'deleted' WHEN entry.sequence IS NULL THEN 'inserted' ELSE 'edited' END AS kind
  FROM (SELECT sequence, subject, substr(key, length('event/' || subject || '/') + 1) AS event_key, at, action, details
      FROM breakwater.audit WHERE key LIKE 'event/%') AS entry
    FULL JOIN (SELECT * FROM breakwater.events WHERE workflow_id IN (SELECT subject FROM breakwater.audit WHERE action = 'run-opened')) AS event
      ON event.workflow_id = entry.subject AND event.key = entry.event_key
  WHERE event.key IS NULL OR entry.sequence IS NULL OR event.kind <> entry.action OR event.at <> entry.at
    OR event.data <> entry.details->'data' OR event.wave IS DISTINCT FROM entry.details->>'wave'
    OR event.iteration IS DISTINCT FROM (entry.details->>'iteration')::int
  ORDER BY 1, 2 LIMIT $1`;

type Row = Omit<AuditEntry, 'run'> & { run: AuditEntry['run'] | null };

const toEntry = ({ run, ...entry }: Row): AuditEntry => ({ ...entry, ...(run && { run }) });

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
  async *auditPages({ sinceMs, workflowId } = {}) {
    for (let after = 0; ;) {
      const { rows } = await query<Row>('read the audit log', PAGE, [after, sinceMs ?? null, workflowId ?? null]);
      if (rows.length === 0) return;
      yield rows.map(toEntry);
      after = rows.at(-1)?.sequence ?? Infinity;
    }
  },
  strayEvents: async (limit) =>
    (await query<StrayRecord & object>('compare the events with the audit log', STRAY, [storableLimit(limit)])).rows,
});
