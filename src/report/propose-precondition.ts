import * as z from 'zod';
import type { Contribution } from '../domain/contributions.ts';

/** Proposals in one draft: the farthest outliers. */
const MOST = 3;
/** A name that can stand in YAML as it is, the signals of an SLO included. */
const PLAIN = /^[a-z0-9][a-z0-9-]{0,62}(\.(budget-remaining|burn-rate))?$/;

const Recorded = z.object({ preconditions: z.array(z.object({ probe: z.string() })) });

/**
 * Preconditions that would have kept the run from its fault, as YAML for the experiment file. A signal that has a precondition already
 * gets none: its limit is a person's decision.
 */
export function proposePrecondition(found: readonly Contribution[], experiment: unknown): string {
  const parsed = Recorded.safeParse(experiment);
  const known = new Set(parsed.success ? parsed.data.preconditions.map(({ probe }) => probe) : []);
  const fresh = found.filter(({ probe }) => !known.has(probe) && PLAIN.test(probe)).slice(0, MOST);
  if (fresh.length === 0) return 'None: no signal that has no precondition yet was unusual before the fault.';
  const lines = fresh.map(
    ({ probe, score, limit }) =>
      `  - { probe: ${probe}, tolerance: { ${score > 0 ? 'atMost' : 'atLeast'}: ${Number(limit.toPrecision(3))} } }`,
  );
  return ['With it, the fault would not have been injected:', '', '```yaml', 'preconditions:', ...lines, '```'].join('\n');
}
