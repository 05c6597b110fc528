import type { Facts, WaveFacts } from './facts.ts';
import type { Match } from './schema.ts';

/** Whether a name fits one of the patterns, in which * stands for anything. */
export const fits = (value: string, globs: readonly string[]): boolean => globs.some((glob) => patternOf(glob).test(value));

const patterns = new Map<string, RegExp>();
const KEPT = 5_000;

function patternOf(glob: string): RegExp {
  const kept = patterns.get(glob);
  if (kept) return kept;
  const parts = glob.split(/\*+/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`^${parts.join('.*')}$`, 's');
  if (patterns.size < KEPT) patterns.set(glob, pattern);
  return pattern;
}

/**
 * Whether a rule's `when`, or `unless`, fits a wave. Everything that it names must.
 * @param unknown what holds of a tier or tenant that the experiment does not state: leaving it out must neither escape a demand nor earn a permission
 */
export function isMatch(match: Match, facts: Facts, wave: WaveFacts, unknown: boolean): boolean {
  const is = (value: string | undefined, globs: readonly string[] | undefined, absent = false): boolean =>
    globs === undefined || (value === undefined ? absent : fits(value, globs));
  return (
    is(facts.environment, match.environment) &&
    is(facts.service, match.service) &&
    is(facts.owner, match.owner) &&
    is(facts.tier, match.tier, unknown) &&
    is(facts.tenant, match.tenant, unknown) &&
    is(facts.dataClass, match.dataClass) &&
    is(facts.site, match.site) &&
    is(facts.requestedBy, match.requestedBy) &&
    is(wave.targetKind, match.target) &&
    is(wave.namespace, match.namespace) &&
    is(wave.fault, match.fault) &&
    is(wave.name, match.wave) &&
    (match.dryRun === undefined || match.dryRun === wave.dryRun) &&
    Object.entries(match.labels ?? {}).every(([label, globs]) => is(facts.labels[label], globs))
  );
}

/** Whether a rule is about a wave. */
export const applies = ({ when, unless }: { when: Match; unless?: Match | undefined }, facts: Facts, wave: WaveFacts): boolean =>
  isMatch(when, facts, wave, true) && !(unless && isMatch(unless, facts, wave, false));

/** Whether a rule surely is about a wave: for what it permits, a tier or tenant that is not stated does not fit `when`, and fits `unless`. */
export const permits = ({ when, unless }: { when: Match; unless?: Match | undefined }, facts: Facts, wave: WaveFacts): boolean =>
  isMatch(when, facts, wave, false) && !(unless && isMatch(unless, facts, wave, true));
