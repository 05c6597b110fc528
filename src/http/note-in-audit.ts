import type { FastifyBaseLogger } from 'fastify';
import type { AuditFact } from '../domain/audit/entry.ts';
import type { Rooms } from './visible.ts';

/** Puts on the audit log what no run records. Nobody waits for it, and what could not be written is in the log of this process. */
export function noteInAudit({ records }: Pick<Rooms, 'records'>, fact: AuditFact, log: FastifyBaseLogger): void {
  void records?.appendAudit([fact]).catch((cause: unknown) => {
    log.error({ fact, cause: String(cause) }, 'an entry is missing in the audit log');
  });
}
