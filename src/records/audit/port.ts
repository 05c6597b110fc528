import type { AuditEntry, AuditFact, AuditHead } from '../../domain/audit/entry.ts';

export type { AuditEntry, AuditFact, AuditHead } from '../../domain/audit/entry.ts';

/** Which entries, in the order of the chain. */
export interface AuditFilter {
  /** Happened at or after this instant, epoch milliseconds. */
  sinceMs?: number;
  /** Happened before this instant, epoch milliseconds. */
  untilMs?: number;
  /** Sequence of the entry that they follow. */
  after?: number;
  /** About this run. */
  workflowId?: string;
}

/** A record that does not say what the audit log says. */
export interface StrayRecord {
  workflowId: string;
  /** Key of the event. */
  key: string;
  /** What was done to the record, as far as the audit log knows. */
  kind: 'edited' | 'deleted' | 'inserted';
}

/**
 * The audit log: append-only and chained. Runs, events, ends and post-mortems are chained by the records themselves, in the same transaction: none
 * of them can be recorded without its entry.
 */
export interface AuditLog {
  /** Appends what is about no recorded run. A key that is there already changes nothing. */
  appendAudit(facts: readonly AuditFact[]): Promise<void>;
  /** The end of the chain; undefined while it is empty. */
  auditHead(): Promise<AuditHead | undefined>;
  /** In pages, in the order of the chain. */
  auditPages(filter?: AuditFilter): AsyncIterable<AuditEntry[]>;
  /** Events that are not what the audit log says they were when they were recorded, the first of them. @param limit 1–1000 */
  strayEvents(limit: number): Promise<StrayRecord[]>;
}
