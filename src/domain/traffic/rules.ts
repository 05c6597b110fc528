/** One of those that a rule shares its traffic between. */
export interface Backend {
  /** Tells it from the others of its rule. */
  name: string;
  /** As it is written; null: the rule leaves it out. */
  weight: number | null;
  /** What it counts, by the rules of its API. */
  counts: number;
  isCanary: boolean;
}

/** A rule of a route, in the order in which the route has them. */
export interface Rule {
  /** The list that it is in, such as `rules`, and where in it; no index: the list is of backends itself. */
  section: string;
  index?: number;
  backends: Backend[];
}

/** Where a rule is: `rules[0]`. */
export const placeOf = ({ section, index }: Pick<Rule, 'section' | 'index'>): string =>
  index === undefined ? section : `${section}[${index}]`;

/** The canary's share of the traffic, at most: 0–1, and the place of the rule that gives it. */
export interface Share {
  share: number;
  place: string;
}

const sum = (backends: readonly Backend[]): number => backends.reduce((total, { counts }) => total + counts, 0);

/** What a rule gives the canary, 0–1. Whose weights are all 0 forwards nothing. */
export function shareOf({ backends }: Rule): number {
  const total = sum(backends);
  return total === 0 ? 0 : sum(backends.filter(({ isCanary }) => isCanary)) / total;
}

/**
 * What a route gives the canary at most: how much traffic meets which rule is not known, so the highest share of any rule counts.
 * @returns why it is not known: a route that does not name the canary says nothing of it
 */
export function highestShare(rules: readonly Rule[], canary: string): Share | string {
  const named = rules.filter(({ backends }) => backends.some(({ isCanary }) => isCanary));
  const [first, ...rest] = named.map((rule): Share => ({ share: shareOf(rule), place: placeOf(rule) }));
  if (!first) return `none of its ${rules.length} rules names ${canary}`;
  return rest.reduce((highest, one) => (one.share > highest.share ? one : highest), first);
}

/** Shares are set in steps of 0.01 %. */
const STEPS = 10_000;
/** The most that Gateway API takes for one weight. */
const MAX_WEIGHT = 1_000_000;
/** Parsed percentages are a little off: 57 % is 0.5699999… */
const SLACK = 1e-6;

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/**
 * Weights that give the canary a share, and leave the others' proportions as they are. They add up to 100 where whole numbers can.
 * @param share 0 ≤ share < 1; rounded down to 0.01 %, so that it is never exceeded
 * @returns in the order of the backends, or why there are none
 */
export function weightsFor(rule: Rule, share: number): number[] | string {
  const { backends } = rule;
  const canaries = backends.filter(({ isCanary }) => isCanary).length;
  if (canaries !== 1) return `${placeOf(rule)} names the canary ${canaries} times: which of them is to be weighted is not known`;
  const rest = sum(backends.filter(({ isCanary }) => !isCanary));
  if (rest === 0) return `${placeOf(rule)} sends nothing to anybody but the canary: who would take the rest is not known`;
  const steps = Math.floor(share * STEPS + SLACK);
  const exact = backends.map(({ counts, isCanary }) => (isCanary ? steps * rest : counts * (STEPS - steps)));
  const common = exact.reduce(divisor, 0);
  const total = exact.reduce((all, weight) => all + weight, 0) / common;
  const scale = 100 % total === 0 ? 100 / total : 1;
  const weights = exact.map((weight) => (weight / common) * scale);
  return Math.max(...weights) <= MAX_WEIGHT
    ? weights
    : `${placeOf(rule)}: this share needs weights over ${MAX_WEIGHT}, which no route takes`;
}

/** Whether a share is no more than a limit, both 0–1; what floating point adds does not count. */
export const isWithin = (share: number, limit: number): boolean => share <= limit + 1e-9;
