/** What Temporal tells of a run by its workflow id. `unknown`: it did not answer, and nobody may guess. */
export type RunFate = 'running' | 'closed' | 'terminated' | 'not-found' | 'unknown';

/** Which sites the janitor asks; absent: every one that is known. With `act: false` it looks and touches nothing. */
export interface SweepInput {
  sites?: string[];
  act?: boolean;
}

/**
 * What was done about one lease, or about a site that could not be asked.
 * `left`: its run lives, or nobody knows. `found`: nobody holds it any more, and nothing was to be done. `unreachable`: the site did not answer.
 * A `leftover` without a lease is an undo record that cannot be read: `why` names its file.
 */
export interface SweepRow {
  site: string;
  outcome: 'undone' | 'leftover' | 'left' | 'found' | 'unreachable';
  why: string;
  /** Of the lease: the order's key, its run, its fault, its target, since when it is armed (epoch milliseconds), how a person undoes it. */
  lease?: { key: string; workflowId: string; fault: string; target: string; armedMs: number; manual: string };
  fate?: RunFate;
  /** Why the site's own undo at the end of the lease failed, when it did. */
  stuck?: string;
}

/** What one ledger answered when it was asked to look after its holders. */
export interface LedgerRow {
  ledger: string;
  said: string;
}

/** What one sweep found and did. */
export interface SweepResult {
  rows: SweepRow[];
  ledgers: LedgerRow[];
}

/** Whether nobody holds a lease of such a run any more. What is unknown is left alone: its lease runs out by itself. */
export const isOver = (fate: RunFate): boolean => fate === 'closed' || fate === 'terminated' || fate === 'not-found';

/** Why a lease was taken for abandoned, or left. */
export const describeFate = (fate: RunFate): string =>
  ({
    running: 'its run is alive',
    closed: 'its run is closed',
    terminated: 'its run was terminated, which undoes nothing',
    'not-found': 'Temporal knows no such run any more',
    unknown: 'Temporal did not tell whether its run is alive',
  })[fate];
