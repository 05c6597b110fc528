import { aboutRun, auditedRun, RUN_CLOSED, RUN_OPENED } from '../../domain/audit/facts.ts';
import type { RunRecord } from '../ports.ts';
import { digestOfJson } from './digest.ts';
import type { AuditEntry } from './port.ts';

/** A record that does not say what the audit log says. */
export interface Contradiction {
  workflowId: string;
  /** `its beginning`, `its end`, `event 00003-injected`. */
  what: string;
  kind: 'edited' | 'deleted' | 'inserted';
}

/** As many are told. */
export const MOST_CONTRADICTIONS = 100;

/** What the chain says of a run, in a few bytes. */
export interface Told {
  opened?: string;
  closed?: string;
}

/** What the chain says of all runs. */
export class Hearing {
  readonly told = new Map<string, Told>();
  /** A second beginning or end: the first one counts. */
  readonly repeated: Contradiction[] = [];
  /** When the first run of the chain began, epoch milliseconds. */
  firstRunMs = Infinity;

  hear(entry: AuditEntry): void {
    const { action, subject: workflowId, sequence } = entry;
    if (action !== RUN_OPENED && action !== RUN_CLOSED) return;
    const known = this.told.get(workflowId) ?? {};
    this.told.set(workflowId, known);
    const part = action === RUN_OPENED ? 'opened' : 'closed';
    if (known[part] === undefined) known[part] = part === 'opened' ? openingOf(entry) : closeOf(entry);
    else this.repeat({ workflowId, what: `entry ${sequence}, a second ${part === 'opened' ? 'beginning' : 'end'}`, kind: 'inserted' });
    if (part === 'opened' && this.firstRunMs === Infinity) this.firstRunMs = entry.atMs;
  }

  private repeat(one: Contradiction): void {
    if (this.repeated.length < MOST_CONTRADICTIONS) this.repeated.push(one);
  }
}

type Opening = Pick<AuditEntry, 'atMs' | 'run' | 'details'>;
type Close = Partial<Pick<AuditEntry, 'atMs' | 'details'>>;

/** The same of an entry and of the record that it was made with. */
const openingOf = ({ atMs, run, details }: Opening): string => digestOfJson({ atMs, run, details });
const closeOf = ({ atMs, details }: Close): string => digestOfJson({ atMs, details });

/** What the chain must say of the beginning of a run. */
export function openingIn(record: RunRecord): string {
  const { startedAtMs: atMs, ...details } = aboutRun(record);
  return openingOf({ atMs, run: auditedRun(record, digestOfJson(record.experiment)), details });
}

/** And of its end. */
export const closeIn = ({ closedAtMs, verdict, reason, result }: RunRecord): string =>
  closeOf({ ...(closedAtMs !== undefined && { atMs: closedAtMs }), details: { verdict, reason, resultDigest: digestOfJson(result) } });
