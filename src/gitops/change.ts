import type { Difference } from './differences.ts';

/** What can be reconciled. */
export const SYNC_KINDS = ['experiments', 'policies', 'schedules'] as const;
export type SyncKind = (typeof SYNC_KINDS)[number];

/**
 * What the checkout means for one thing that is, or should be, in force.
 * `stale`: it left the checkout and would be pruned; without --prune it stays. `foreign`: it is nobody's, and stays.
 */
export type SyncAction = 'create' | 'change' | 'unchanged' | 'prune' | 'stale' | 'foreign';

export interface Change {
  kind: SyncKind;
  name: string;
  action: SyncAction;
  /** In the repository; absent for what is not there. */
  path?: string;
  /** What is in force, and what the checkout says. */
  differences: Difference[];
  /** What somebody else did to it since a sync put it there. */
  drift?: string;
  /** Of an experiment: who reviewed it, or why that does not count. */
  review?: string;
}

/** Whether what is in force is not what the checkout says. */
export const differs = ({ action, drift }: Change): boolean => action !== 'unchanged' || drift !== undefined;
