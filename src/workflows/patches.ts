import { patched } from '@temporalio/workflow';

/** Changes to what workflows command, by which an older history is told from a newer one. */
export type Patch =
  | 'a-pause-undoes'
  | 'a-run-labels-itself'
  | 'acts-are-on-record'
  | 'guard-loss-is-bounded'
  | 'ledger'
  | 'page'
  | 'unreadable-leases'
  | 'withdrawn-without-an-answer';

/** Patches that came later than all of those: each has a mark of its own. */
const LATER = ['approvals-are-verified', 'reviewed-commits-count'] as const;
type LaterPatch = (typeof LATER)[number];

let comeFirst = false;
let later: ReadonlySet<string> = new Set();

/**
 * Decides about every patch at once. To be called before anything is awaited; a patch that is added later gets a mark of its own here.
 *
 * In a replay, the SDK knows the patches of a workflow task only once it has come to it, but plays what follows a local activity as soon as that
 * activity's result is in the history, and that may be one task earlier (a query that arrives meanwhile is enough). A patch that is first asked for
 * there is answered with "no", and the run can never be replayed: it stands still with its fault in place.
 */
export function decidePatches(): void {
  comeFirst = patched('patches-come-first');
  later = new Set(LATER.filter((id) => patched(id)));
}

/** Whether this run began after the change, or, for one that began before all patches were decided first, had come to it. */
export const isPatched = (id: Patch | LaterPatch): boolean => (isLater(id) ? later.has(id) : comeFirst || patched(id));

const isLater = (id: Patch | LaterPatch): id is LaterPatch => (LATER as readonly string[]).includes(id);
