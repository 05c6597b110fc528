import type { KeyObject } from 'node:crypto';
import type { Plan } from '../domain/plan.ts';
import { reviewerName, type ReviewStatement } from '../domain/review.ts';
import type { Act } from '../domain/run.ts';
import { canonicalDigest, digestOf } from '../language/digest.ts';
import { factsOf } from '../policy/facts.ts';
import { reviewRulesOf, whyNotCounted, type ReviewRules } from '../policy/review.ts';
import type { Records } from '../records/ports.ts';
import { verifyReview } from '../records/reviews/statement.ts';
import { executionHere } from './execution.ts';
import type { ControlPorts } from './ports.ts';

/** Whether a reviewed commit stands for one approval. `why` is absent when no policy says that it could. */
export type ReviewedApproval = { counts: true; act: Act; review: ReviewStatement; givenIn?: string } | { counts: false; why?: string };

/** Who wants it approved, and of which wave's gate; no wave: of the start. */
export interface ReviewQuestion {
  requestedBy: string;
  wave?: string;
}

type Ports = Pick<ControlPorts, 'nowMs' | 'policies' | 'reviewKeys'> & { records: Pick<Records, 'catalogue'> };

const sayNo = (why?: string): ReviewedApproval => ({ counts: false, ...(why !== undefined && { why }) });

/** Creates the activity that looks for a review in the catalogue. The database is not trusted: what counts is signed. */
export function createReviews({ records, nowMs, policies, reviewKeys }: Ports) {
  /** Every statement about documents of this digest; the first that counts is enough. */
  async function look(
    digest: string,
    keys: readonly KeyObject[],
    rules: ReviewRules,
    by: { requestedBy: string; author: string | undefined },
  ) {
    const found = await records.catalogue(digest);
    let why = 'the catalogue has no such document: it was changed, or was not reconciled yet';
    for (const { statement } of found) {
      if (statement === undefined) {
        why = 'the catalogue has no review of it';
        continue;
      }
      try {
        const review = await verifyReview(statement, keys);
        const objection = whyNotCounted(review, { digest, nowMs: nowMs(), ...by }, rules);
        if (objection === undefined) return { review };
        why = objection;
      } catch (error) {
        why = error instanceof Error ? error.message : String(error);
      }
    }
    return { why };
  }

  return {
    /** Whether the document of this plan was reviewed in such a way that the policy lets it count as one approval. */
    async reviewedApproval(plan: Plan, document: unknown, asked: ReviewQuestion): Promise<ReviewedApproval> {
      if (!policies) return sayNo();
      const { requestedBy, wave } = asked;
      const { author } = plan.experiment.metadata;
      const facts = factsOf(plan, { requestedBy, ...(wave !== undefined && { wave }), atMs: nowMs() });
      const rules = reviewRulesOf(await policies(), facts);
      if (!rules) return sayNo();
      if (!reviewKeys) return sayNo('no key is trusted to state reviews: set BREAKWATER_REVIEW_PUBLIC_KEYS for the control workers');
      const keys = await reviewKeys().catch((cause: unknown) => `the public keys of reviews cannot be read: ${(cause as Error).message}`);
      if (typeof keys === 'string') return sayNo(keys);
      if (plan.timeScale !== 1) return sayNo(`time scale ${plan.timeScale}: what was reviewed is the document as it stands`);
      if (digestOf(document, plan.seed, plan.timeScale) !== plan.digest) return sayNo('the document is not that of the plan');
      const { review, why } = await look(canonicalDigest(document), keys, rules, { requestedBy, author });
      if (!review) return sayNo(why);
      const { reviewer, commit, path, branch } = review;
      const reason = `reviewed in ${branch}: ${path} at ${commit.slice(0, 12)}`.slice(0, 500);
      const givenIn = executionHere();
      return {
        counts: true,
        act: { by: reviewerName(reviewer), reason, digest: plan.digest },
        review,
        ...(givenIn !== undefined && { givenIn }),
      };
    },
  };
}
