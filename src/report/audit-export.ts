import type { AuditEntry } from '../records/ports.ts';
import { cell, csvLine } from './csv-line.ts';

const HEADS = [
  ...['sequence', 'time_utc', 'epoch_ms', 'actor', 'action', 'subject', 'workflow_id', 'run_id', 'ticket', 'requested_by'],
  ...['plan_digest', 'experiment_digest', 'key', 'details', 'previous', 'hash'],
];

const cells = ({
  sequence,
  atMs,
  actor,
  action,
  subject,
  run,
  key,
  details,
  previous,
  hash,
}: AuditEntry): (string | number | undefined)[] => [
  ...[sequence, new Date(atMs).toISOString(), atMs, actor, action, subject, run?.workflowId, run?.runId, run?.ticket, run?.requestedBy],
  ...[run?.planDigest, run?.experimentDigest, key, JSON.stringify(details), previous, hash],
];

/** One entry a line, as JSON, with its hash: what `audit verify --file` reads. */
export async function* auditJsonLines(pages: AsyncIterable<readonly AuditEntry[]>): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}

/** One entry a line (RFC 4180), for people and their spreadsheets; its details are JSON. */
export async function* auditCsv(pages: AsyncIterable<readonly AuditEntry[]>): AsyncGenerator<string> {
  yield csvLine(HEADS);
  for await (const page of pages) yield page.map((entry) => csvLine(cells(entry).map(cell))).join('');
}
