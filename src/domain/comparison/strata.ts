import type { Comparison } from '../experiment/comparisons.ts';
import type { Sample } from '../sample.ts';
import type { Stratum } from '../statistics/rank-sum.ts';

/** A sample in its place in the run. */
export interface PlacedSample extends Sample {
  wave: string;
  iteration: number;
  phase: string;
}

/** One iteration that is over, and since when its fault has been live, epoch milliseconds. */
export interface FaultSpan {
  wave: string;
  iteration: number;
  rehearsal: boolean;
  fromMs: number;
}

const valuesOf = (samples: readonly PlacedSample[]): number[] =>
  samples.flatMap(({ measurement }) => (measurement.kind === 'value' ? [measurement.value] : []));

/** The values of a signal in the fault window of an iteration, from the moment of the fault on. */
const under = (samples: readonly PlacedSample[], probe: string, { wave, iteration, fromMs }: FaultSpan): number[] =>
  valuesOf(
    samples.filter(
      (sample) =>
        sample.probe === probe &&
        sample.phase === 'fault' &&
        sample.wave === wave &&
        sample.iteration === iteration &&
        sample.atMs >= fromMs,
    ),
  );

const before = (samples: readonly PlacedSample[], probe: string, { wave, iteration }: FaultSpan): number[] =>
  valuesOf(
    samples.filter(
      (sample) => sample.probe === probe && sample.phase === 'baseline' && sample.wave === wave && sample.iteration === iteration,
    ),
  );

/**
 * What is compared with what, one stratum per iteration of the wave. A rehearsal is one reference for all of them, so they are one stratum:
 * taken apart, the same reference would count several times.
 * @param samples of the comparison's signals, by time
 * @param spans   every iteration of the run that is over and had a fault
 */
export function strataOf(
  { design, probe, control }: Pick<Comparison, 'design' | 'probe' | 'control'>,
  wave: string,
  spans: readonly FaultSpan[],
  samples: readonly PlacedSample[],
): Stratum[] {
  const mine = spans.filter((span) => span.wave === wave && !span.rehearsal);
  if (design === 'rehearsal') {
    const noise = spans.filter(({ rehearsal }) => rehearsal).flatMap((span) => under(samples, probe, span));
    return [{ reference: noise, treated: mine.flatMap((span) => under(samples, probe, span)) }];
  }
  return mine.map((span) => ({
    reference: design === 'before-after' ? before(samples, probe, span) : under(samples, control ?? probe, span),
    treated: under(samples, probe, span),
  }));
}
