/** A call for a person: something was left behind. */
export interface Page {
  /** The same key is the same trouble, however often it is told: the run's workflow id. */
  dedupKey: string;
  /** One sentence. */
  summary: string;
  /** Where it is: the site, or the run. */
  source: string;
  /** What a person needs at three in the morning; JSON, without secrets. */
  details: Record<string, unknown>;
}

/** Whether a person was called, and what the pager said or why nobody was. */
export interface Paging {
  paged: boolean;
  evidence: string;
}
