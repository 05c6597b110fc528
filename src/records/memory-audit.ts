/* eslint-disable @typescript-eslint/require-await -- async, so that a refusal is a rejection, as it is with a database */
import { GENESIS, seal, type AuditedRun, type AuditEntry, type AuditFact } from '../domain/audit/entry.ts';
import { auditedRun, eventKey, RUN_OPENED } from '../domain/audit/facts.ts';
import { isSame } from '../domain/same.ts';
import type { AuditFilter, AuditLog, StrayRecord } from './audit/port.ts';
import { digestOfJson, sha256 } from './audit/digest.ts';
import type { Entry } from './memory-entry.ts';
import type { RunEvent, RunRecord } from './ports.ts';
import { storableFact } from './storable.ts';

/** What the entries of a run in memory are bound to. */
export const bindingOf = (run: RunRecord): AuditedRun => auditedRun(run, digestOfJson(run.experiment));

/** The audit log of records in memory. */
export class MemoryAudit {
  private readonly entries: AuditEntry[] = [];
  private readonly runs: ReadonlyMap<string, Entry>;

  constructor(runs: ReadonlyMap<string, Entry>) {
    this.runs = runs;
  }

  chain(facts: readonly AuditFact[]): void {
    this.entries.push(...seal(facts.map(storableFact), this.entries.at(-1) ?? GENESIS, sha256));
  }

  private strays(): StrayRecord[] {
    const opened = new Set(this.entries.filter(({ action }) => action === RUN_OPENED).map(({ subject }) => subject));
    const entries = new Map<string, AuditEntry>();
    const found: StrayRecord[] = [];
    for (const entry of this.entries.filter(({ key }) => key.startsWith('event/'))) {
      const { key, subject } = entry;
      if (entries.has(key)) found.push({ workflowId: subject, key: key.slice(eventKey(subject, '').length), kind: 'inserted' });
      else entries.set(key, entry);
    }
    for (const [workflowId, { events }] of this.runs)
      for (const event of events.values()) {
        const entry = entries.get(eventKey(workflowId, event.key));
        entries.delete(eventKey(workflowId, event.key));
        if (!entry && opened.has(workflowId)) found.push({ workflowId, key: event.key, kind: 'inserted' });
        else if (entry && !isAsWritten(event, entry)) found.push({ workflowId, key: event.key, kind: 'edited' });
      }
    for (const { key, subject } of entries.values())
      found.push({ workflowId: subject, key: key.slice(eventKey(subject, '').length), kind: 'deleted' });
    return found;
  }

  /** The part of the records that tells of the chain. */
  log(): AuditLog {
    return {
      appendAudit: async (facts) => {
        const known = new Set(this.entries.map(({ key }) => key));
        this.chain(facts.filter(({ key }) => !known.has(key) && known.add(key)));
      },
      auditHead: async () => {
        const last = this.entries.at(-1);
        return last && { sequence: last.sequence, hash: last.hash };
      },
      auditPages: async function* (
        this: MemoryAudit,
        { sinceMs = -Infinity, untilMs = Infinity, after = 0, workflowId }: AuditFilter = {},
      ) {
        const page = this.entries.filter(
          ({ atMs, subject, sequence }) =>
            atMs >= sinceMs && atMs < untilMs && sequence > after && (workflowId === undefined || subject === workflowId),
        );
        if (page.length > 0) yield structuredClone(page);
      }.bind(this),
      strayEvents: async (limit) => this.strays().slice(0, limit),
    };
  }
}

const isAsWritten = ({ kind, atMs, wave, iteration, data }: RunEvent, { action, atMs: at, details }: AuditEntry): boolean =>
  action === kind && at === atMs && isSame({ wave, iteration, data }, details);
