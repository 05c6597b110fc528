import type { Experiment } from './experiment/experiment.ts';
import { percent } from './percent.ts';
import { isReviewer, isSameName } from './review.ts';

/** How many live and are ready: of all targets, and of those that each wave aims at, by its name. */
export interface Census {
  all: number;
  waves: Record<string, number>;
}

/** For how many people are asked to approve, and which share of them may go until the approval is void. */
export interface Approved extends Census {
  mayDropBy: number;
}

/**
 * What people are asked to approve, exactly. An approval of anything else, or of an earlier asking, is none: each counts once.
 * `number` counts the askings of a run, and `runId` is another one after a reset.
 */
export interface Asking {
  number: number;
  /** `start`, or the wave whose gate waits. */
  what: string;
  runId: string;
  /** Of the plan. */
  digest: string;
  /** Digest of the policy that was in force when they were asked. */
  policy: string;
  /** How many targets lived and were ready then. */
  population?: number;
}

/** Whether approvals must be signed, as the worker that was asked is configured. `problem`: no approval counts until it is mended. */
export interface ApprovalRules {
  proof: 'signed' | 'claim';
  problem?: string;
}

const REVIEWS = '; and, where a policy says so, a review that a trusted sync has stated';

/** What the rules mean for whoever is to approve. */
export const describeRules = ({ proof, problem }: ApprovalRules): string =>
  problem !== undefined
    ? `none counts: ${problem}`
    : proof === 'signed'
      ? `only those that the API has signed count${REVIEWS}`
      : `a claim counts: the control worker has no BREAKWATER_APPROVAL_PUBLIC_KEYS, and verifies no signature${REVIEWS}`;

const named = (who: string): string => who.trim().toLowerCase();
const isQualified = (who: string): boolean => who.includes(':');
const bare = (who: string): string => who.slice(who.indexOf(':') + 1);

/**
 * `Ann ` is not another person than `ann`; nor is `corp:ann`, as long as only one of the two says who vouches for the name. Who has reviewed a
 * commit is the same person under any.
 */
export function isSamePerson(one: string, other: string): boolean {
  if (isReviewer(one) || isReviewer(other)) return isSameName(one, other);
  const [a, b] = [named(one), named(other)];
  return isQualified(a) === isQualified(b) ? a === b : bare(a) === bare(b);
}

/** Why somebody may not approve; undefined when they may. Nobody approves what they want themselves, or wrote. */
export function whyNotByThem(
  by: string,
  { requestedBy, author }: { requestedBy: string; author?: string | undefined },
): string | undefined {
  if (isSamePerson(by, requestedBy)) return `${by} has requested the run; another person must approve it`;
  if (author !== undefined && isSamePerson(by, author)) return `${by} has written the experiment; another person must approve it`;
  return undefined;
}

/** Why an approval does not stand under this policy; undefined when it does, or when none was needed. */
export const whyOtherPolicy = (approved: string | undefined, now: string | undefined): string | undefined =>
  approved === undefined || approved === now
    ? undefined
    : `the approval is void: it was given under policy ${approved.slice(0, 12)}, and ${now?.slice(0, 12) ?? 'an unknown one'} is in force now: plan it again, and have it approved anew`;

/** The share that may go; undefined in plans of earlier versions, whose approvals were given for no number. */
export const dropTolerance = ({ approvals }: Experiment): number | undefined =>
  (approvals as Partial<Experiment['approvals']>).populationMayDropBy;

/** The fewest that an approval stands for. The share that may go is rounded down to whole targets: in doubt it is void. */
export const fewestApproved = (approved: number, mayDropBy: number): number => approved - Math.floor(approved * mayDropBy + 1e-9);

/** `for 10 targets that live and are ready; void when fewer than 8 of them are left`. */
export const describeApproved = ({ all, mayDropBy }: Approved): string =>
  `for ${all} targets that live and are ready; void when fewer than ${fewestApproved(all, mayDropBy)} of them are left`;

/** How many a run has taken that nothing brings back: of all targets, and of those that a wave aims at. */
export interface Taken {
  all: number;
  aimedAt: number;
}

/** What is there when a wave is prepared; undefined where the site did not tell. */
export interface Present {
  all: number | undefined;
  /** Of those that the wave aims at. */
  aimedAt: number | undefined;
  /** Victims of this run since the approval was asked for that nothing brings back: they are gone by its own doing, as approved. */
  taken: Taken;
}

/** Why the approval does not stand for this wave any more, with the numbers and the remedy; undefined when it does. */
export function whyVoid({ all, waves, mayDropBy }: Approved, wave: string, present: Present): string | undefined {
  const counts: [what: string, approved: number | undefined, now: number | undefined, taken: number][] = [
    ['targets', all, present.all, present.taken.all],
    [`targets of wave ${wave}`, waves[wave], present.aimedAt, present.taken.aimedAt],
  ];
  for (const [what, approved, now, taken] of counts) {
    if (approved === undefined) return `the approval is void: it was given without a count of the ${what}`;
    const fewest = fewestApproved(approved, mayDropBy);
    if (now !== undefined && now + taken >= fewest) continue;
    const beside = taken > 0 ? ` beside ${taken} that this run has taken since` : '';
    return `the approval is void: it was given for ${approved} ${what} that live and are ready, and ${now ?? 'an unknown number'} are left${beside}; approvals.populationMayDropBy is ${percent(mayDropBy)}, so that ${fewest} must be: plan it again, and have it approved anew`;
  }
  return undefined;
}
