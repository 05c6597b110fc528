import type { AuditFact } from '../domain/audit/entry.ts';
import { withRecords } from './connect.ts';
import type { Cli } from './context.ts';

/** Longest wait for the records, milliseconds: what was done is done. */
const WITHIN_MS = 2_000;

/** Puts on the audit log what no run and no worker records. Without records, or when they do not answer, it says so and goes on. */
export async function noteInAudit(cli: Cli, fact: AuditFact): Promise<void> {
  const config = cli.config();
  if (config.databaseUrl === undefined) return;
  await withRecords(config, (records) => records.appendAudit([fact]), WITHIN_MS).catch((cause: unknown) => {
    cli.terminal.err(`Not in the audit log: ${cause instanceof Error ? cause.message : String(cause)}\n`);
  });
}
