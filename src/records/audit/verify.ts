import type { AuditHead } from '../../domain/audit/entry.ts';
import { RUN_CLOSED, RUN_OPENED } from '../../domain/audit/facts.ts';
import { ChainInspector, type Inspection } from '../../domain/audit/inspect.ts';
import type { Records, RunRecord } from '../ports.ts';
import { digestOfJson, sha256 } from './digest.ts';
import type { AuditEntry } from './port.ts';

/** A record that does not say what the audit log says. */
export interface Contradiction {
  workflowId: string;
  /** `its beginning`, `its end`, `event 00003-injected`. */
  what: string;
  kind: 'edited' | 'deleted' | 'inserted';
}

/** What came of verifying. */
export interface Verification extends Inspection {
  /** The first of the records that contradict the chain; not looked for when the chain itself is not good. */
  contradictions: Contradiction[];
}

const MOST_CONTRADICTIONS = 100;
const PAGE = 1_000;

/** What the chain says of a run, in a few bytes. */
interface Told {
  opened?: string;
  closed?: string;
}

const openingOf = (planDigest: unknown, experimentDigest: unknown, requestedBy: unknown, ticket: unknown): string =>
  JSON.stringify([planDigest, experimentDigest, requestedBy, ticket ?? null]);
const closeOf = (verdict: unknown, reason: unknown, resultDigest: unknown): string =>
  sha256(JSON.stringify([verdict, reason, resultDigest]));

function hear(told: Map<string, Told>, { action, subject, run, details }: AuditEntry): void {
  if (!run || (action !== RUN_OPENED && action !== RUN_CLOSED)) return;
  const known = told.get(subject) ?? {};
  told.set(subject, known);
  if (action === RUN_OPENED) known.opened = openingOf(run.planDigest, run.experimentDigest, run.requestedBy, run.ticket);
  else known.closed = closeOf(details['verdict'], details['reason'], details['resultDigest']);
}

function contradictionsOf(run: RunRecord, { opened, closed }: Told): Contradiction[] {
  const { workflowId, planDigest, experiment, requestedBy, ticket, verdict, reason, result } = run;
  const found: Contradiction[] = [];
  if (opened !== undefined && opened !== openingOf(planDigest, digestOfJson(experiment), requestedBy, ticket))
    found.push({ workflowId, what: 'its beginning', kind: 'edited' });
  if (closed === undefined && verdict !== undefined && opened !== undefined) found.push({ workflowId, what: 'its end', kind: 'inserted' });
  if (closed !== undefined && verdict === undefined) found.push({ workflowId, what: 'its end', kind: 'deleted' });
  if (closed !== undefined && verdict !== undefined && closed !== closeOf(verdict, reason, digestOfJson(result)))
    found.push({ workflowId, what: 'its end', kind: 'edited' });
  return found;
}

/** A run may have closed after the chain was read. */
async function heardSince(records: Pick<Records, 'auditPages'>, { workflowId, verdict }: RunRecord, known: Told): Promise<Told> {
  if (known.closed !== undefined || verdict === undefined) return known;
  const told = new Map([[workflowId, known]]);
  for await (const page of records.auditPages({ workflowId })) for (const entry of page) hear(told, entry);
  return known;
}

/** Runs that are not what the chain says of them. A run that began before there was an audit log is not in it. */
async function contradictingRuns(records: Pick<Records, 'listRuns' | 'auditPages'>, told: Map<string, Told>): Promise<Contradiction[]> {
  const found: Contradiction[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await records.listRuns({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const run of page) {
      const known = told.get(run.workflowId);
      if (known) found.push(...contradictionsOf(run, await heardSince(records, run, known)));
      told.delete(run.workflowId);
    }
    cursor = page.at(-1)?.workflowId;
    if (page.length < PAGE) break;
  }
  for (const workflowId of told.keys()) found.push({ workflowId, what: 'the run', kind: 'deleted' });
  return found;
}

/**
 * Verifies the chain, its published heads, and that runs and events are still what the chain says they were. What is recorded meanwhile does no harm.
 * @param published heads that were made known outside
 */
export async function verifyAudit(
  records: Pick<Records, 'auditPages' | 'listRuns' | 'strayEvents'>,
  published: Iterable<AuditHead>,
): Promise<Verification> {
  const inspector = new ChainInspector(sha256, published);
  const told = new Map<string, Told>();
  for await (const page of records.auditPages())
    for (const entry of page) {
      inspector.take(entry);
      hear(told, entry);
    }
  const inspection = inspector.end();
  if (inspection.tampering) return { ...inspection, contradictions: [] };
  const events = await records.strayEvents(MOST_CONTRADICTIONS);
  const contradictions = [
    ...(await contradictingRuns(records, told)),
    ...events.map(({ workflowId, key, kind }) => ({ workflowId, what: `event ${key}`, kind })),
  ];
  return { ...inspection, contradictions: contradictions.slice(0, MOST_CONTRADICTIONS) };
}
