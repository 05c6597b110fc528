import type { Verdict } from './verdict.ts';

/** What a finding reads of a recorded run. */
export interface FindingRun {
  workflowId: string;
  name: string;
  service: string;
  environment: string;
  planDigest: string;
  startedAtMs: number;
  verdict?: Verdict;
  reason?: string;
}

/** What a run taught. Open until the same plan and seed (the same digest) passes. */
export interface Finding {
  /** The first run that showed it. */
  run: FindingRun;
  /** How often the same plan has ended badly since, the first included. */
  seen: number;
  /** The newest bad end: what is to be mended now. */
  latest: FindingRun;
  /** The run that passed afterwards. */
  closedBy?: FindingRun;
  /** What to do next, in words. */
  proposal: string;
}

const PROPOSALS: Partial<Record<Verdict, string>> = {
  failed: 'mend the weakness that the reason names, or correct the hypothesis',
  aborted: 'find out why the limit was crossed; if it would have been crossed anyway, make it a precondition',
  invalid: 'make the effect of the fault provable: the run shows nothing until then',
  error: 'a fault of Breakwater or its surroundings: clean up what is left, and run it again',
};

/**
 * Findings of these runs, the newest first. A denied, void or inconclusive run taught nothing about the system and opens none;
 * neither does it close one. A plan that fails again after it had passed opens another.
 * @param runs in any order
 */
export function findingsOf(runs: readonly FindingRun[]): Finding[] {
  const inOrder = [...runs].sort((a, b) => a.startedAtMs - b.startedAtMs || (a.workflowId < b.workflowId ? -1 : 1));
  const all: Finding[] = [];
  for (const run of inOrder) {
    const open = all.find((finding) => finding.run.planDigest === run.planDigest && !finding.closedBy);
    if (run.verdict === 'passed' && open) open.closedBy = run;
    const proposal = run.verdict && PROPOSALS[run.verdict];
    if (proposal === undefined) continue;
    if (open) Object.assign(open, { seen: open.seen + 1, latest: run, proposal });
    else all.push({ run, latest: run, seen: 1, proposal });
  }
  return all.reverse();
}
