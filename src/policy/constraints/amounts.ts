import { formatDuration } from '../../domain/units.ts';
import type { ConstraintTable } from './define.ts';

const share = (fraction: number): string => `${Number((fraction * 100).toFixed(4))}%`;

/** How much a wave may hit, how long, how often. What the plan allows itself is judged: it is held to its own caps live. */
export const amounts: Pick<
  ConstraintTable,
  'maxVictims' | 'maxConcurrent' | 'maxPercent' | 'survivorsAtLeast' | 'maxHold' | 'maxIterations'
> = {
  maxVictims: (most, { maxVictims }) =>
    maxVictims > most
      ? { value: String(maxVictims), limit: `at most ${most}`, reason: `too many victims: write \`blastRadius: { maxVictims: ${most} }\`` }
      : undefined,
  maxConcurrent: (most, { maxConcurrent }) =>
    maxConcurrent > most
      ? {
          value: String(maxConcurrent),
          limit: `at most ${most}`,
          reason: `too many at one time: write \`blastRadius: { maxConcurrent: ${most} }\``,
        }
      : undefined,
  maxPercent: (most, { maxPercent }) =>
    maxPercent > most
      ? {
          value: maxPercent === 1 ? 'no such cap' : share(maxPercent),
          limit: `at most ${share(most)}`,
          reason: `too large a share of the population: write \`blastRadius: { maxPercent: ${share(most)} }\``,
        }
      : undefined,
  survivorsAtLeast: (least, { survivorsAtLeast }) =>
    survivorsAtLeast < least
      ? {
          value: String(survivorsAtLeast),
          limit: `at least ${least}`,
          reason: `too few must survive: write \`blastRadius: { survivorsAtLeast: ${least} }\``,
        }
      : undefined,
  maxHold: (most, _facts, { holdMs, dryRun }) =>
    !dryRun && holdMs > most
      ? { value: formatDuration(holdMs), limit: `at most ${formatDuration(most)}`, reason: `the fault is held too long: shorten \`hold\`` }
      : undefined,
  maxIterations: (most, _facts, { iterations }) =>
    iterations > most
      ? { value: String(iterations), limit: `at most ${most}`, reason: 'repeated too often: lower `iterations`' }
      : undefined,
};
