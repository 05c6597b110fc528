import { condition, isCancellation } from '@temporalio/workflow';
import type { Counted } from '../activities/census.ts';
import type { Preparation } from '../activities/prepare.ts';
import { dropTolerance, whyVoid, type Approved, type Taken } from '../domain/approval.ts';
import { describeUnmet } from '../domain/baseline.ts';
import { takenForGood } from '../domain/taken.ts';
import { expectsReturn } from './comeback.ts';
import { enter, type AdmittedRun, type Place } from './context.ts';
import { reasonOf } from './failure.ts';
import { counting } from './proxies.ts';
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
  Object.assign(state, { awaiting: what, approvals: [], approvalsRequired: required, ...(asked && { awaitingFor: asked }) });
  enter(run, 'awaiting-approval');
  chronicle.add('approval-requested', { what, required, within, digest: plan.digest, ...(asked && { population: asked }) });
  await chronicle.flush();
  await takeReview(run, what);
  const isAnswered = await condition(() => state.approvals.length >= required || state.rejected !== undefined, within);
  delete state.awaiting;
  delete state.awaitingFor;
  if (state.rejected)
    return shut(run, `${state.rejected.by} rejected it: ${state.rejected.reason ?? 'no reason given'}`, 'denied', { what });
  if (!isAnswered && run.ledger.isUsed) await onRecord();
  if (!isAnswered)
    return shut(run, `not approved within ${within / 60_000} min (${what}): ${state.approvals.length} of ${required}`, 'denied', { what });
  if (asked) run.approvedFor = { ...asked, victimsBefore };
  return true;
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
