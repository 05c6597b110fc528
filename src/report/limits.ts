import { limitOf } from '../domain/stop-conditions.ts';
import { median } from '../domain/summary.ts';
import type { RecordedSample } from '../records/ports.ts';
import { readExperiment, type RecordedExperiment } from './experiment.ts';
import { place } from './format.ts';
import { groupBy } from './group.ts';

/** A line that a signal must not cross: it is crossed when the value is above, or below, `value`. */
export interface Limit {
  label: string;
  value: number;
  direction: 'above' | 'below';
  /** Where it applies, epoch milliseconds, when it does not apply to the whole run: limits from a wave's own baseline. */
  fromMs?: number;
  toMs?: number;
}

type StopCondition = RecordedExperiment['stopConditions'][number];
type Tolerance = RecordedExperiment['steadyState'][number]['tolerance'];

const percent = (share: number): string => `${Number((share * 100).toPrecision(4))}%`;

function fromTolerance({ atMost, below, atLeast, above, between, equals }: Tolerance): Limit[] {
  const top = atMost ?? below ?? between?.[1] ?? equals;
  const bottom = atLeast ?? above ?? between?.[0] ?? equals;
  return [
    ...(top === undefined ? [] : [{ label: 'steady state', value: top, direction: 'above' as const }]),
    ...(bottom === undefined ? [] : [{ label: 'steady state', value: bottom, direction: 'below' as const }]),
  ];
}

/** A limit relative to the baseline is another one in each iteration of each wave. */
function fromBaselines(condition: StopCondition, samples: readonly RecordedSample[]): Limit[] {
  const { probe, aboveBaseline, belowBaseline } = condition;
  const share = aboveBaseline ?? belowBaseline;
  if (share === undefined) return [];
  const direction = aboveBaseline === undefined ? 'below' : 'above';
  const iterations = groupBy(samples, ({ wave, iteration }) => place(wave, iteration));
  return [...iterations].flatMap(([where, group]): Limit[] => {
    const before = group.filter((sample) => sample.phase === 'baseline' && sample.probe === probe);
    const baseline = median(before.flatMap(({ measurement }) => (measurement.kind === 'value' ? [measurement.value] : [])));
    const value = baseline === undefined ? undefined : limitOf({ condition: { ...condition, for: 0 }, baseline });
    const [fromMs, toMs] = [group[0]?.atMs, group.at(-1)?.atMs];
    if (value === undefined || fromMs === undefined || toMs === undefined) return [];
    return [{ label: `stop: ${percent(share)} ${direction} baseline, ${where}`, value, direction, fromMs, toMs }];
  });
}

function fromStop(condition: StopCondition, samples: readonly RecordedSample[]): Limit[] {
  const { above, below } = condition;
  return [
    ...(above === undefined ? [] : [{ label: 'stop', value: above, direction: 'above' as const }]),
    ...(below === undefined ? [] : [{ label: 'stop', value: below, direction: 'below' as const }]),
    ...fromBaselines(condition, samples),
  ];
}

/** The limits of each probe: from the steady state and from the stop conditions; those without a number (errors in a row) have no line. */
export function limitsOf(experiment: unknown, samples: readonly RecordedSample[]): Record<string, Limit[]> {
  const { steadyState, stopConditions } = readExperiment(experiment);
  const all = [
    ...steadyState.map(({ probe, tolerance }) => ({ probe, limits: fromTolerance(tolerance) })),
    ...stopConditions.map((condition) => ({ probe: condition.probe, limits: fromStop(condition, samples) })),
  ];
  const byProbe = groupBy(all, ({ probe }) => probe);
  return Object.fromEntries([...byProbe].map(([probe, entries]) => [probe, entries.flatMap(({ limits }) => limits)]));
}
