import { condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { Counted } from '../activities/census.ts';
import type { GateDecision } from '../activities/control.ts';
import type { Preparation } from '../activities/prepare.ts';
import { dropTolerance, whyOtherPolicy, whyVoid, type ApprovalRules, type Approved, type Asking, type Taken } from '../domain/approval.ts';
import { describeUnmet } from '../domain/baseline.ts';
import type { WavePlan } from '../domain/plan.ts';
import { takenForGood } from '../domain/taken.ts';
import { isApproved } from './approving.ts';
import { expectsReturn } from './comeback.ts';
import { enter, type AdmittedRun, type Place } from './context.ts';
import { reasonOf } from './failure.ts';
import { isPatched } from './patches.ts';
import { control, counting } from './proxies.ts';
import { takeReview } from './reviewed.ts';
import { denyWave, shut } from './shut.ts';
import { onRecord } from './turn.ts';

/** Asks people, and waits for them. What they approve is the digest, and as many targets as there are when they are asked. */
export async function awaitApproval(run: AdmittedRun, what: string, required: number): Promise<boolean> {
  if (required === 0) return true;
  const asked = await countApproved(run, what);
  if (asked === false) return false;
  const { state, chronicle, plan } = run;
  const { within } = plan.experiment.approvals;
  const victimsBefore = state.victims.length;
  const asking = isPatched('approvals-are-verified') ? await newAsking(run, what, asked) : undefined;
  Object.assign(state, {
    awaiting: what,
    approvals: [],
    approvalsRequired: required,
    ...(asked && { awaitingFor: asked }),
    ...(asking && { asking }),
  });
  delete run.reviewAuthors;
  enter(run, 'awaiting-approval');
  chronicle.add('approval-requested', { ...asking, what, required, within, digest: plan.digest, ...(asked && { population: asked }) });
  let isAnswered: boolean;
  try {
    await chronicle.flush();
    await takeReview(run, what);
    isAnswered = asking
      ? await hearPeople(run, required, within)
      : await condition(() => state.approvals.length >= required || state.rejected !== undefined, within);
  } finally {
    // An abort ends the wait, too: nobody is asked any more.
    for (const field of ['awaiting', 'awaitingFor', 'asking'] as const) delete state[field];
  }
  if (state.rejected)
    return shut(run, `${state.rejected.by} rejected it: ${state.rejected.reason ?? 'no reason given'}`, 'denied', { what });
  if (!isAnswered && run.ledger.isUsed) await onRecord();
  if (!isAnswered)
    return shut(run, `not approved within ${within / 60_000} min (${what}): ${state.approvals.length} of ${required}`, 'denied', { what });
  if (asked) run.approvedFor = { ...asked, victimsBefore };
  if (asking) run.approvedPolicy = asking.policy;
  return true;
}

/** What exactly is asked now, and what counts as an answer. */
async function newAsking(run: AdmittedRun, what: string, asked: Approved | undefined): Promise<Asking & ApprovalRules> {
  const rules = await control.tellApprovals(run.plan, run.requestedBy);
  run.approvalsRefused = 0;
  run.askings = (run.askings ?? 0) + 1;
  const population = asked && { population: asked.all };
  return { number: run.askings, what, runId: workflowInfo().runId, digest: run.plan.digest, ...population, ...rules };
}

/** Waits for people, and puts on record at once whose approval did not count. @returns false when they did not come in time */
async function hearPeople(run: AdmittedRun, required: number, within: number): Promise<boolean> {
  const { state, chronicle } = run;
  const isAnswered = (): boolean => isApproved(state, required) || state.rejected !== undefined;
  const untilMs = Date.now() + within;
  for (;;) {
    const told = run.approvalsRefused;
    const restMs = untilMs - Date.now();
    if (restMs <= 0 || !(await condition(() => isAnswered() || run.approvalsRefused !== told, restMs))) return isAnswered();
    if (isAnswered()) return true;
    await chronicle.flush();
  }
}

/** Whether the policy is still that under which it was approved. A wave begins under no other. */
export function isStillApprovedPolicy(run: AdmittedRun, { name }: WavePlan, { policy }: GateDecision): boolean {
  const why = whyOtherPolicy(run.approvedPolicy, policy?.policyDigest);
  if (why === undefined) return true;
  run.chronicle.add('approval-void', { why, approved: run.approvedPolicy, now: policy?.policyDigest ?? null }, { wave: name });
  return denyWave(run, name, why);
}

/** @returns false when nobody can be asked, because nobody knows for how many; undefined in runs of earlier versions */
async function countApproved(run: AdmittedRun, what: string): Promise<Approved | undefined | false> {
  const { experiment } = run.plan;
  const mayDropBy = dropTolerance(experiment);
  if (mayDropBy === undefined) return undefined;
  const counted = await counting(experiment.site, `targets that the approval of ${what} is asked for`)
    .countTargets(experiment)
    .catch((cause: unknown): Counted | { unknown: string } => {
      if (isCancellation(cause)) throw cause;
      return { unknown: reasonOf(cause) };
    });
  const not = `not before the approval of ${what}`;
  if ('unknown' in counted) return shut(run, `${not}: the targets could not be counted: ${counted.unknown}`, 'denied', { what });
  if (counted.unmet) return shut(run, `${not}: ${describeUnmet(counted.unmet)}`, 'denied', { what });
  return { ...counted.census, mayDropBy };
}

/** Since the approval was asked for. Who is expected back is not taken. */
const takenSince = (run: AdmittedRun, victimsBefore: number, wave: string): Taken =>
  expectsReturn(run) ? { all: 0, aimedAt: 0 } : takenForGood(run.state.victims.slice(victimsBefore), run.plan, wave);

/** Whether the approval stands for who is there now. It falls with too many of those that it was given for. */
export function isStillApproved(run: AdmittedRun, place: Place, { ready, aimedAt }: Preparation): boolean {
  const { approvedFor: approved, chronicle } = run;
  if (!approved) return true;
  const taken = takenSince(run, approved.victimsBefore, place.wave);
  const why = whyVoid(approved, place.wave, { all: ready, aimedAt, taken });
  if (why === undefined) return true;
  chronicle.add('approval-void', { approved, ready: ready ?? null, aimedAt: aimedAt ?? null, taken }, place);
  return denyWave(run, place.wave, why);
}
