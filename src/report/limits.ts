import { limitOf } from '../domain/stop-conditions.ts';
import type { RecordedSignal, SampleNumbers } from '../records/ports.ts';
import { readExperiment, type RecordedExperiment } from './experiment.ts';
import { place } from './format.ts';
import { groupBy } from './group.ts';

/** A line that a signal must not cross: it is crossed when the value is above, or below, `value`. */
export interface Limit {
  label: string;
  kind: 'steady-state' | 'stop';
  value: number;
  direction: 'above' | 'below';
  /** Where it applies, epoch milliseconds, when it does not apply to the whole run: limits from a wave's own baseline. */
  fromMs?: number;
  toMs?: number;
}

type StopCondition = RecordedExperiment['stopConditions'][number];
type Tolerance = RecordedExperiment['steadyState'][number]['tolerance'];

const STEADY = { label: 'steady state', kind: 'steady-state' as const };
const STOP = { label: 'stop', kind: 'stop' as const };

const percent = (share: number): string => `${Number((share * 100).toPrecision(4))}%`;

function fromTolerance({ atMost, below, atLeast, above, between, equals }: Tolerance): Limit[] {
  const top = atMost ?? below ?? between?.[1] ?? equals;
  const bottom = atLeast ?? above ?? between?.[0] ?? equals;
  return [
    ...(top === undefined ? [] : [{ ...STEADY, value: top, direction: 'above' as const }]),
    ...(bottom === undefined ? [] : [{ ...STEADY, value: bottom, direction: 'below' as const }]),
  ];
}

const ofIterations = (signals: readonly RecordedSignal[]): (SampleNumbers & { probe: string })[] =>
  signals.flatMap(({ probe, numbers }) => numbers.filter(({ iteration }) => iteration !== null).map((one) => ({ probe, ...one })));

/** A limit relative to the baseline is another one in each iteration of each wave, and holds as long as any signal was watched in it. */
function fromBaselines(condition: StopCondition, signals: readonly RecordedSignal[]): Limit[] {
  const { probe, aboveBaseline, belowBaseline } = condition;
  const share = aboveBaseline ?? belowBaseline;
  if (share === undefined) return [];
  const direction = aboveBaseline === undefined ? 'below' : 'above';
  const iterations = groupBy(ofIterations(signals), ({ wave, iteration }) => place(wave ?? '', iteration ?? 0));
  return [...iterations].flatMap(([where, group]): Limit[] => {
    const baseline = group.find((one) => one.phase === 'baseline' && one.probe === probe)?.median ?? undefined;
    const value = baseline === undefined ? undefined : limitOf({ condition: { ...condition, for: 0 }, baseline });
    if (value === undefined) return [];
    const fromMs = group.reduce((least, one) => Math.min(least, one.fromMs), Infinity);
    const toMs = group.reduce((most, one) => Math.max(most, one.toMs), -Infinity);
    return [{ kind: 'stop', label: `stop: ${percent(share)} ${direction} baseline, ${where}`, value, direction, fromMs, toMs }];
  });
}

function fromStop(condition: StopCondition, signals: readonly RecordedSignal[]): Limit[] {
  const { above, below } = condition;
  return [
    ...(above === undefined ? [] : [{ ...STOP, value: above, direction: 'above' as const }]),
    ...(below === undefined ? [] : [{ ...STOP, value: below, direction: 'below' as const }]),
    ...fromBaselines(condition, signals),
  ];
}

/** The limits of each probe: from the steady state and from the stop conditions; those without a number (errors in a row) have no line. */
export function limitsOf(experiment: unknown, signals: readonly RecordedSignal[]): Record<string, Limit[]> {
  const { steadyState, stopConditions } = readExperiment(experiment);
  const all = [
    ...steadyState.map(({ probe, tolerance }) => ({ probe, limits: fromTolerance(tolerance) })),
    ...stopConditions.map((condition) => ({ probe: condition.probe, limits: fromStop(condition, signals) })),
  ];
  const byProbe = groupBy(all, ({ probe }) => probe);
  return Object.fromEntries([...byProbe].map(([probe, entries]) => [probe, entries.flatMap(({ limits }) => limits)]));
}
