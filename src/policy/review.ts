import { isSameName, type ReviewStatement } from '../domain/review.ts';
import { formatDuration } from '../domain/units.ts';
import { judgedWaves, type Facts } from './facts.ts';
import type { PolicySet } from './folder.ts';
import { applies, fits, permits } from './match.ts';
import type { ReviewedCommitCounts } from './schema.ts';

/** What a review must be to count as an approval: what every rule that says so wants of it. */
export type ReviewRules = readonly ReviewedCommitCounts[];

/** Clocks differ: what was stated or signed later than this from now on is from the future. */
const SKEW_MS = 300_000;

/**
 * Whether a reviewed commit may count as one approval of a plan, by the rules of the files. It may not by default: each wave that is judged needs a
 * rule that says so, and none may say `false`. A permission is not earned by what an experiment leaves out, nor a ban escaped.
 * @param facts of the run, or with `wave` of a wave whose gate waits
 */
export function reviewRulesOf(set: PolicySet, facts: Facts): ReviewRules | undefined {
  const rules = set.rules.filter(({ rule }) => rule.reviewedCommitCounts !== undefined);
  const said: ReviewedCommitCounts[] = [];
  for (const wave of judgedWaves(facts)) {
    const saying = rules
      .filter(({ rule }) => (rule.reviewedCommitCounts === false ? applies : permits)(rule, facts, wave))
      .map(({ rule }) => rule.reviewedCommitCounts);
    if (saying.length === 0 || saying.includes(false)) return undefined;
    said.push(...saying.flatMap((one) => (one === undefined || one === false ? [] : [one])));
  }
  const unique = [...new Set(said)];
  return unique.length === 0 || (facts.wave !== undefined && !unique.every(({ gates }) => gates)) ? undefined : unique;
}

/**
 * Why a review does not count as an approval of the document of this digest; undefined when it does.
 * @param asked `author`: whom the document names as the one who wrote it
 */
export function whyNotCounted(
  review: ReviewStatement,
  { digest, nowMs, requestedBy, author }: { digest: string; nowMs: number; requestedBy: string; author?: string | undefined },
  rules: ReviewRules,
): string | undefined {
  const { reviewer, authors, reviewedAtMs, statedAtMs, branch, authorsSigned } = review;
  if (review.digest !== digest) return 'the statement is about another document';
  if (authors.some((author) => isSameName(author, reviewer))) return `${reviewer} has written it: an author does not review`;
  if (author !== undefined && isSameName(reviewer, author)) return `${reviewer} has written the experiment; another person must approve it`;
  if (isSameName(reviewer, requestedBy)) return `${reviewer} has requested the run: another person must approve it`;
  if (reviewedAtMs > nowMs + SKEW_MS || statedAtMs > nowMs + SKEW_MS) return 'it was reviewed in the future: look at the clocks';
  for (const rule of rules) {
    if (nowMs - reviewedAtMs > rule.within)
      return `it was reviewed at ${new Date(reviewedAtMs).toISOString()}, longer ago than ${formatDuration(rule.within)}`;
    if (!fits(branch, rule.branch)) return `it is in ${branch}, and not in ${rule.branch.join(' or ')}`;
    if (rule.authorsSigned && !authorsSigned) return 'its authors have not signed what they wrote: who they are is a claim';
  }
  return undefined;
}
