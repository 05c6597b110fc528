/** An experiment as the catalogue keeps it: what a checkout said when it was reconciled last. */
export interface CatalogueEntry {
  /** The experiment's name; with its environment it names the entry. */
  name: string;
  environment: string;
  service: string;
  owner: string;
  /** SHA-256 over the canonical document, in hex. */
  digest: string;
  /** What the author wrote. Secrets are only named in it. */
  document: Record<string, unknown>;
  /** Where it stands in its repository, and the commit that brought it there as it is; empty when it was not committed. */
  path: string;
  commit: string;
  /** The signed statement that somebody reviewed it. Whoever trusts it verifies it: the database proves nothing. */
  statement?: string;
  /** The name of the sync that put it there; no other takes it away. */
  managedBy: string;
  /** When it was put there, epoch milliseconds. */
  atMs: number;
}

/** Which experiment. */
export type CatalogueKey = Pick<CatalogueEntry, 'name' | 'environment'>;

/** What a sync does to the catalogue. */
export interface CatalogueChange {
  put: readonly CatalogueEntry[];
  remove: readonly CatalogueKey[];
  /** The sync that does it. */
  managedBy: string;
  atMs: number;
}

/** Throws when another process may be at it by now. */
export type StillHeld = () => void;

/** The catalogue of experiments that `breakwater sync` keeps. */
export interface Catalogue {
  /** All or nothing, each change with its entry in the audit log. What another sync manages is refused. */
  changeCatalogue(change: CatalogueChange): Promise<void>;
  /** By name and environment. @param digest only documents of this digest */
  catalogue(digest?: string): Promise<CatalogueEntry[]>;
  /**
   * Runs alone: in all processes that share the records, one at a time. Who dies lets go.
   * @returns undefined when another is at it
   */
  aloneAtSync<R>(use: (stillHeld: StillHeld) => Promise<R>): Promise<R | undefined>;
}
