import { setTimeout as delay } from 'node:timers/promises';
import { log } from '@temporalio/activity';
import type { AuditFact } from '../domain/audit/entry.ts';
import type { Records } from '../records/ports.ts';

/** Longest wait for the records, milliseconds. */
const WITHIN_MS = 2_000;

/**
 * Puts something on the audit log that belongs to no recorded run. What was decided stands whether or not it could be written: a refusal is no less
 * a refusal, and a halt waits for nobody. A failure is logged.
 */
export async function noteInAudit(records: Pick<Records, 'appendAudit'>, fact: AuditFact): Promise<void> {
  const patience = new AbortController();
  const late = delay(WITHIN_MS, undefined, { signal: patience.signal }).then(
    () => Promise.reject(new Error(`the records did not answer within ${WITHIN_MS} ms`)),
    () => undefined,
  );
  try {
    await Promise.race([records.appendAudit([fact]), late]);
  } catch (cause) {
    log.error('an entry is missing in the audit log', { ...fact, cause: String(cause) });
  } finally {
    patience.abort();
  }
}
