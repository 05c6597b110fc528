import { isCancellation } from '@temporalio/workflow';
import type { ReviewedApproval } from '../activities/review.ts';
import { whyNotBeside } from '../domain/review.ts';
import { noteGiven, type AdmittedRun } from './context.ts';
import { reasonOf } from './failure.ts';
import { isPatched } from './patches.ts';
import { control } from './proxies.ts';

/** Lets a reviewed commit stand for one of the approvals that a run waits for, where policy says so. In doubt it does not. */
export async function takeReview(run: AdmittedRun, what: string): Promise<void> {
  if (!isPatched('reviewed-commits-count')) return;
  const { state, chronicle, plan, requestedBy, document } = run;
  const asked = { requestedBy, ...(what !== 'start' && { wave: what.replace(/^wave /, '') }) };
  const answer = await control.reviewedApproval(plan, document, asked).catch((cause: unknown): ReviewedApproval => {
    if (isCancellation(cause)) throw cause;
    return { counts: false, why: reasonOf(cause) };
  });
  if (!answer.counts) {
    if (answer.why !== undefined) chronicle.add('review-not-counted', { what, why: answer.why });
    return;
  }
  const { act, review } = answer;
  const why = whyNotBeside(review, state.approvals);
  if (why !== undefined) {
    chronicle.add('review-not-counted', { what, why });
    return;
  }
  state.approvals.push(act);
  run.reviewAuthors = review.authors;
  noteGiven(run, answer.givenIn);
  const { commit, path, branch, authors, kind } = review;
  chronicle.add('approved', { ...act, what, commit, path, branch, authors, kind });
}
