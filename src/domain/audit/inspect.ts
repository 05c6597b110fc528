import { GENESIS, hashOf, type AuditEntry, type AuditHead, type Sha256 } from './entry.ts';

/**
 * What was done to a chain. `rewritten`: the chain is in itself consistent, but not the one whose head was published. `truncated`: its end,
 * which was published, is gone.
 */
export type TamperKind = 'edited' | 'deleted' | 'inserted' | 'reordered' | 'truncated' | 'rewritten';

/** The first thing that is wrong. */
export interface Tampering {
  kind: TamperKind;
  /** The entry that it was done to. */
  sequence: number;
  /** The last one, when it was done to several in a row. */
  untilSequence?: number;
  /** In words, with the numbers of the entries. */
  what: string;
}

/** What came of looking at a chain. */
export interface Inspection {
  entries: number;
  /** Up to here the chain is good. */
  head: AuditHead;
  /** Of the published heads, how many were found in the chain. */
  matched: number;
  tampering?: Tampering;
}

const named = (kind: TamperKind, from: number, until: number, what: string): Tampering => ({
  kind,
  sequence: from,
  ...(until > from && { untilSequence: until }),
  what,
});

const entries = (from: number, until: number): string => (until > from ? `entries ${from} to ${until} are` : `entry ${from} is`);

/**
 * Looks at a chain entry by entry, in the order in which they are kept, and names the first that is not as it was written. Keeps two entries at
 * most: what was done to one shows in the one after it.
 */
export class ChainInspector {
  private head = GENESIS;
  /** Hash of the entry before the head. */
  private before: string | undefined;
  private count = 0;
  private last = 0;
  private matched = 0;
  /** The first entry that is not good, and the one after it. */
  private doubtful: AuditEntry | undefined;
  private next: AuditEntry | undefined;
  private gap: { from: number; until: number } | undefined;
  private found: Tampering | undefined;
  private readonly sha256: Sha256;
  /** By sequence, every hash that was stated for it: more than one is a proof that the chain was another. */
  private readonly published = new Map<number, Set<string>>();
  /** The newest published head that the chain has. */
  private confirmed = 0;

  /** @param published heads that were made known outside, such as those of signed checkpoints */
  constructor(sha256: Sha256, published: Iterable<AuditHead> = []) {
    this.sha256 = sha256;
    for (const { sequence, hash } of published) this.published.set(sequence, (this.published.get(sequence) ?? new Set<string>()).add(hash));
  }

  take(entry: AuditEntry): void {
    this.count += 1;
    this.last = Math.max(this.last, entry.sequence);
    if (this.found) return;
    if (this.gap) this.lookFor(this.gap.from, entry);
    else if (this.doubtful) this.next ??= entry;
    else this.follow(entry);
  }

  /** After the last entry. */
  end(): Inspection {
    if (this.doubtful) this.found = this.diagnose(this.doubtful, this.next);
    else if (this.gap) this.found ??= deleted(this.gap.from, this.gap.until);
    else this.found ??= this.missingEnd();
    return { entries: this.count, head: this.head, matched: this.matched, ...(this.found && { tampering: this.found }) };
  }

  private follow(entry: AuditEntry): void {
    const place = this.head.sequence + 1;
    if (entry.sequence < GENESIS.sequence + 1)
      this.found = named('inserted', entry.sequence, entry.sequence, `entry ${entry.sequence} stands before the first one`);
    else if (entry.sequence > place) this.gap = { from: place, until: entry.sequence - 1 };
    else if (entry.sequence < place)
      this.found = named('inserted', entry.sequence, entry.sequence, `entry ${entry.sequence} is there twice`);
    else if (entry.previous === this.head.hash && this.isWhole(entry)) this.accept(entry);
    else this.doubtful = entry;
  }

  private isWhole(entry: AuditEntry, sequence = entry.sequence): boolean {
    return hashOf({ ...entry, sequence }, this.sha256) === entry.hash;
  }

  private accept({ sequence, hash }: AuditEntry): void {
    this.before = this.head.hash;
    this.head = { sequence, hash };
    const stated = this.published.get(sequence);
    if (!stated) return;
    if (stated.has(hash)) this.matched += 1;
    const other = [...stated].find((one) => one !== hash);
    if (other === undefined) {
      this.confirmed = sequence;
      return;
    }
    const from = this.confirmed + 1;
    this.found = named(
      'rewritten',
      from,
      sequence,
      `${entries(from, sequence)} not what was published: the head at ${sequence} was ${other.slice(0, 16)}…, and is ${hash.slice(0, 16)}…`,
    );
  }

  /** In a file, what is missing may come later. */
  private lookFor(sequence: number, entry: AuditEntry): void {
    if (entry.sequence === sequence) this.found = named('reordered', sequence, sequence, `entry ${sequence} is not in its place`);
  }

  private diagnose(entry: AuditEntry, next?: AuditEntry): Tampering {
    const { sequence } = entry;
    if (this.isWhole(entry)) return this.brokenLink(entry, next);
    const own = this.ownPlace(entry);
    if (own === sequence - 1) return inserted(own);
    if (own === sequence + 1 && (!next || this.isWhole(next, next.sequence + 1))) return deleted(sequence, sequence);
    if (own !== sequence + 1 && next?.previous === this.head.hash) return inserted(sequence);
    return own === undefined ? edited(sequence) : named('reordered', sequence, sequence, `entry ${sequence} was written as entry ${own}`);
  }

  /** The entry is whole, but does not follow the one before it. */
  private brokenLink(entry: AuditEntry, next?: AuditEntry): Tampering {
    const { sequence } = this.head;
    if (sequence === 0) return edited(entry.sequence);
    if (entry.previous === this.before) return inserted(sequence);
    // Whoever follows it still knows it, so it is the one before that was written anew, hash and all.
    return !next || next.previous === entry.hash ? edited(sequence) : edited(entry.sequence);
  }

  /** Under which number an entry was written, when not under its own: its neighbours first, then all that there are. */
  private ownPlace(entry: AuditEntry): number | undefined {
    const { sequence } = entry;
    const isOwn = (place: number): boolean => place > 0 && place !== sequence && this.isWhole(entry, place);
    const neighbour = [sequence + 1, sequence - 1].find(isOwn);
    if (neighbour !== undefined) return neighbour;
    const most = Math.min(this.last + 1, MOST_PLACES);
    for (let place = 1; place <= most; place++) if (isOwn(place)) return place;
    return undefined;
  }

  private missingEnd(): Tampering | undefined {
    const until = Math.max(0, ...this.published.keys());
    const from = this.head.sequence + 1;
    return until < from
      ? undefined
      : named('truncated', from, until, `${entries(from, until)} gone from the end: the head at ${until} was published`);
  }
}

/** So far an entry's own place is looked for. */
const MOST_PLACES = 1_000_000;

const deleted = (from: number, until: number): Tampering => named('deleted', from, until, `${entries(from, until)} gone`);
const inserted = (sequence: number): Tampering =>
  named('inserted', sequence, sequence, `entry ${sequence} was put between two that follow each other`);
const edited = (sequence: number): Tampering => named('edited', sequence, sequence, `entry ${sequence} is not what was written`);

/** Looks at a whole chain at once. */
export function inspectChain(chain: Iterable<AuditEntry>, sha256: Sha256, published: Iterable<AuditHead> = []): Inspection {
  const inspector = new ChainInspector(sha256, published);
  for (const entry of chain) inspector.take(entry);
  return inspector.end();
}
