import { ApplicationFailure } from '@temporalio/workflow';
import type { Verification } from '../activities/approvals.ts';
import { isSamePerson, type Asking } from '../domain/approval.ts';
import { isSameName } from '../domain/review.ts';
import type { Act, RunState } from '../domain/run.ts';
import { noteGiven, type AdmittedRun, type RunContext } from './context.ts';
import { reasonOf } from './failure.ts';
import { callPerson } from './paging.ts';
import { approving } from './proxies.ts';

/** How many approvals of one asking may fail to count; further ones are not even looked at. */
export const MOST_REFUSED = 100;

type Counted = Extract<Verification, { counts: true }>;

/** Whether enough people have approved what is asked now, or glass was broken for it. */
export const isApproved = ({ approvals, asking, breakGlass }: RunState, required: number): boolean =>
  approvals.length >= required || (breakGlass !== undefined && breakGlass.asking === asking?.number);

/** Has somebody's approval verified, and counts it. @throws ApplicationFailure NotCounted when it does not count; that it came is then an event */
export async function takeApproval(run: RunContext, act: Act): Promise<void> {
  const asking = run.state.asking;
  if (!asking) throw notCounted('nothing waits for approval');
  const why = await tryToCount(run as AdmittedRun, asking, act);
  if (why === undefined) return;
  run.approvalsRefused = (run.approvalsRefused ?? 0) + 1;
  run.chronicle.add('approval-refused', { by: act.by.trim(), why, what: asking.what, signed: act.signed !== undefined });
  throw notCounted(why);
}

const notCounted = (why: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`the approval does not count: ${why}`, 'NotCounted');

/** @returns why it does not count */
async function tryToCount(run: AdmittedRun, asking: Asking, act: Act): Promise<string | undefined> {
  const verified = await verify(run, asking, act);
  if (!verified.counts) return verified.why;
  if (verified.kind === 'break-glass') return breakGlass(run, asking, verified);
  const late = whyLate(run.state, asking) ?? whyNotBeside(run, verified.by);
  if (late !== undefined) return late;
  const { by, reason, proof, keyId } = verified;
  const said = { by, ...(reason !== undefined && { reason }) };
  run.state.approvals.push({ ...said, digest: asking.digest });
  noteGiven(run, verified.givenIn);
  run.chronicle.add('approved', { ...said, proof, ...(keyId !== undefined && { keyId }) });
  return undefined;
}

function verify({ state, plan, requestedBy }: AdmittedRun, asking: Asking, act: Act): Promise<Verification> {
  const { number, what, runId, digest, policy, population } = asking;
  const { author } = plan.experiment.metadata;
  const question = {
    workflowId: state.workflowId,
    asking: { number, what, runId, digest, policy, ...(population !== undefined && { population }) },
    requestedBy,
    ...(author !== undefined && { author }),
  };
  const handed = {
    by: act.by,
    ...(act.reason !== undefined && { reason: act.reason }),
    ...(act.signed !== undefined && { signed: act.signed }),
    ...(act.breakGlass === true && { breakGlass: true }),
  };
  return approving(`approval of ${what}`)
    .verifyApproval(question, handed)
    .catch((cause: unknown) => ({ counts: false as const, why: `it could not be verified: ${reasonOf(cause)}` }));
}

/** What others did while it was verified. */
const whyLate = ({ asking, rejected, aborted }: RunState, { number }: Asking): string | undefined =>
  asking?.number !== number || rejected || aborted ? 'what it is for does not wait any more' : undefined;

/** Who cannot be counted beside those that count by now. */
function whyNotBeside({ state, reviewAuthors = [] }: RunContext, by: string): string | undefined {
  if (state.approvals.some((other) => isSamePerson(other.by, by))) return `${by} has approved already; another person must`;
  if (reviewAuthors.some((author) => isSameName(author, by)))
    return `${by} has written what the review that counts is about; another person must approve it`;
  return undefined;
}

/** Glass is broken before somebody's eyes, or not at all. It stands for people's approvals, and lifts nothing else. */
async function breakGlass(
  run: AdmittedRun,
  asking: Asking,
  verified: Extract<Counted, { kind: 'break-glass' }>,
): Promise<string | undefined> {
  const { by, reason, ticket, keyId } = verified;
  const { workflowId, digest } = run.state;
  const before = whyLate(run.state, asking);
  if (before !== undefined) return before;
  run.glassTries = (run.glassTries ?? 0) + 1;
  const { paged, evidence } = await callPerson({
    // Each try, and each execution after a reset, is an alert of its own: none is folded into an old one that nobody looks at any more.
    dedupKey: `${workflowId}/break-glass/${asking.runId}/${asking.number}/${run.glassTries}`,
    summary: `${by} breaks glass: ${asking.what} of ${workflowId} goes on without its approvals: ${reason}`.slice(0, 1_000),
    source: workflowId,
    details: { run: workflowId, what: asking.what, by, reason, ticket, digest: digest ?? '', next: `breakwater abort ${workflowId}` },
  });
  if (!paged) return `glass is broken only when somebody is paged, and nobody was: ${evidence}`;
  const late = whyLate(run.state, asking);
  if (late !== undefined) return late;
  run.state.breakGlass = { by, reason, ticket, asking: asking.number };
  noteGiven(run, verified.givenIn);
  run.chronicle.add('break-glass', { by, reason, ticket, what: asking.what, paged: evidence, keyId });
  return undefined;
}
