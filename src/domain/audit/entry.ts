import canonicalize from 'canonicalize';

/** SHA-256 of a text (UTF-8), in lower-case hex. Given from outside: the domain knows no crypto. */
export type Sha256 = (text: string) => string;

/** What an entry is bound to when it is about a run. */
export interface AuditedRun {
  workflowId: string;
  runId: string;
  /** SHA-256 over document, seed and time scale: what was planned, and what approvals name. */
  planDigest: string;
  /** SHA-256 of the parsed experiment; absent for a run that began before there was an audit log. */
  experimentDigest?: string;
  ticket?: string;
  /** A claim of whoever started it. */
  requestedBy: string;
}

/** Something that happened, before it has its place in the chain. JSON only, no secrets. */
export interface AuditFact {
  /** Its identity: `event/RUN/KEY`, `api/…`. What is appended on its own is appended once. */
  key: string;
  /** When it happened, epoch milliseconds; not when it was written. */
  atMs: number;
  /** Who did it: a claim, or `breakwater`. */
  actor: string;
  /** What was done, in one word: the kind of an event, `run-opened`, `api-refused`. */
  action: string;
  /** To what: the id of a run, `environment:staging`, `api`. */
  subject: string;
  run?: AuditedRun;
  details: Record<string, unknown>;
}

/** A link of the chain. */
export interface AuditEntry extends AuditFact {
  /** 1, 2, 3, … without a gap. */
  sequence: number;
  /** Hash of the entry before. */
  previous: string;
  /** SHA-256 of the canonical text of everything else in the entry. */
  hash: string;
}

/** The end of a chain. It stands for everything before it. */
export type AuditHead = Pick<AuditEntry, 'sequence' | 'hash'>;

/** What the first entry follows. */
export const GENESIS: AuditHead = { sequence: 0, hash: '0'.repeat(64) };

/** The text that an entry's hash is taken of: canonical JSON (RFC 8785) of the entry without its hash. */
export function entryText({ sequence, previous, key, atMs, actor, action, subject, run, details }: Omit<AuditEntry, 'hash'>): string {
  const text = canonicalize({ sequence, previous, key, atMs, actor, action, subject, ...(run && { run }), details });
  if (text === undefined) throw new TypeError('an audit entry is JSON');
  return text;
}

/** The hash that an entry must have. */
export const hashOf = (entry: Omit<AuditEntry, 'hash'>, sha256: Sha256): string => sha256(entryText(entry));

/** Makes facts the next links of a chain. */
export function seal(facts: readonly AuditFact[], head: AuditHead, sha256: Sha256): AuditEntry[] {
  let { sequence, hash } = head;
  return facts.map((fact) => {
    const open = { ...fact, sequence: (sequence += 1), previous: hash };
    hash = hashOf(open, sha256);
    return { ...open, hash };
  });
}
