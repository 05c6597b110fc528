import type { AuditHead } from '../../domain/audit/entry.ts';
import { ChainInspector, type Inspection } from '../../domain/audit/inspect.ts';
import type { Records, RunRecord } from '../ports.ts';
import { sha256 } from './digest.ts';
import { closeIn, Hearing, MOST_CONTRADICTIONS, openingIn, type Contradiction, type Told } from './hearing.ts';

/** What came of verifying. */
export interface Verification extends Inspection {
  /** The first of the records that contradict the chain; not looked for when the chain itself is not good. */
  contradictions: Contradiction[];
  /** Runs that are not in the chain, and began before the first that is: of them nothing is proven. */
  olderRuns: number;
}

const PAGE = 1_000;

function contradictionsOf(run: RunRecord, { opened, closed }: Told): Contradiction[] {
  const { workflowId, verdict } = run;
  const found: Contradiction[] = [];
  if (opened !== undefined && opened !== openingIn(run)) found.push({ workflowId, what: 'its beginning', kind: 'edited' });
  if (closed === undefined && verdict !== undefined && opened !== undefined) found.push({ workflowId, what: 'its end', kind: 'inserted' });
  if (closed !== undefined && verdict === undefined) found.push({ workflowId, what: 'its end', kind: 'deleted' });
  if (closed !== undefined && verdict !== undefined && closed !== closeIn(run)) found.push({ workflowId, what: 'its end', kind: 'edited' });
  return found;
}

/** A run may have begun or closed after the chain was read. */
async function heardSince(
  records: Pick<Records, 'auditPages'>,
  { workflowId, verdict }: RunRecord,
  known?: Told,
): Promise<Told | undefined> {
  if (known && (known.closed !== undefined || verdict === undefined)) return known;
  const hearing = new Hearing();
  for await (const page of records.auditPages({ workflowId })) for (const entry of page) hearing.hear(entry);
  return hearing.told.get(workflowId);
}

/** Runs that are not what the chain says of them, and how many are older than it. */
async function compareRuns(
  records: Pick<Records, 'listRuns' | 'auditPages'>,
  { told, repeated, firstRunMs }: Hearing,
): Promise<Pick<Verification, 'contradictions' | 'olderRuns'>> {
  const found = [...repeated];
  let olderRuns = 0;
  for (let cursor: string | undefined; ;) {
    const page = await records.listRuns({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const run of page) {
      const isOlder = run.startedAtMs < firstRunMs;
      const heard = told.get(run.workflowId);
      const known = heard || !isOlder ? await heardSince(records, run, heard) : undefined;
      told.delete(run.workflowId);
      if (known?.opened === undefined && isOlder) olderRuns += 1;
      else if (known?.opened === undefined) found.push({ workflowId: run.workflowId, what: 'the run', kind: 'inserted' });
      if (known) found.push(...contradictionsOf(run, known));
    }
    cursor = page.at(-1)?.workflowId;
    if (page.length < PAGE) break;
  }
  for (const workflowId of told.keys()) found.push({ workflowId, what: 'the run', kind: 'deleted' });
  return { contradictions: found, olderRuns };
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
  const hearing = new Hearing();
  for await (const page of records.auditPages())
    for (const entry of page) {
      inspector.take(entry);
      hearing.hear(entry);
    }
  const inspection = inspector.end();
  if (inspection.tampering) return { ...inspection, contradictions: [], olderRuns: 0 };
  const events = await records.strayEvents(MOST_CONTRADICTIONS);
  const { contradictions, olderRuns } = await compareRuns(records, hearing);
  contradictions.push(...events.map(({ workflowId, key, kind }) => ({ workflowId, what: `event ${key}`, kind })));
  return { ...inspection, contradictions: contradictions.slice(0, MOST_CONTRADICTIONS), olderRuns };
}
