import { bootstrapDifference } from '../domain/statistics/block-bootstrap.ts';
import { clopperPearson, type Interval } from '../domain/statistics/proportion.ts';
import { quantile } from '../domain/statistics/quantile.ts';
import { robustSummary, type RobustSummary } from '../domain/statistics/robust-summary.ts';
import type { RecordedSample, SamplePhase } from '../records/ports.ts';
import { groupBy } from './group.ts';
import type { RunReport } from './model.ts';
import { readResult } from './result.ts';

/** What the fault did to a signal in a wave: median under the fault minus median of the baseline, in the unit of the signal. */
export interface Impact {
  wave: string;
  probe: string;
  baseline: number;
  fault: number;
  shift: number;
  /** 95 % by a block bootstrap; absent when a side has fewer than 5 values. */
  interval?: Interval;
}

/** How the injected iterations came back. */
export interface RecoveryMeasure {
  recovered: number;
  of: number;
  /** 95 % of the true ratio (Clopper–Pearson). */
  interval: Interval;
  /** Milliseconds of those that recovered; absent when none did. */
  times?: RobustSummary;
}

/** Points of a stretch that a bootstrap works with: more would change nothing but its cost. */
const MOST_POINTS = 300;
const LEAST_POINTS = 5;
const RESAMPLES = 200;

const median = (values: readonly number[]): number => quantile(values, 0.5) ?? NaN;

/** Medians of neighbours, so that at most 300 points are left. */
function shortened(values: readonly number[]): number[] {
  const width = Math.ceil(values.length / MOST_POINTS);
  if (width <= 1) return [...values];
  return Array.from({ length: Math.ceil(values.length / width) }, (_, i) => median(values.slice(i * width, (i + 1) * width)));
}

const valuesOf = (samples: readonly RecordedSample[], phase: SamplePhase): number[] =>
  samples.flatMap((sample) => (sample.phase === phase && sample.measurement.kind === 'value' ? [sample.measurement.value] : []));

function impactOf(samples: readonly RecordedSample[], seed: number): Impact[] {
  const [first] = samples;
  const [before, under] = [valuesOf(samples, 'baseline'), valuesOf(samples, 'fault')];
  if (!first || before.length === 0 || under.length === 0) return [];
  const [baseline, fault] = [median(before), median(under)];
  const [shortBefore, shortUnder] = [shortened(before), shortened(under)];
  const isEnough = shortBefore.length >= LEAST_POINTS && shortUnder.length >= LEAST_POINTS;
  const interval = isEnough
    ? bootstrapDifference(shortBefore, shortUnder, median, { confidence: 0.95, seed, resamples: RESAMPLES })
    : undefined;
  return [{ wave: first.wave, probe: first.probe, baseline, fault, shift: fault - baseline, ...(interval && { interval }) }];
}

/** Every signal in every wave that injected, in the order of the waves. The same records give the same numbers. */
export function impacts({ run, samples }: Pick<RunReport, 'run' | 'samples'>): Impact[] {
  const injecting = new Set(liveIterations({ run }).map(({ wave }) => wave));
  const groups = groupBy(
    samples.filter(({ wave }) => injecting.has(wave)),
    ({ wave, probe }) => `${wave}\n${probe}`,
  );
  return [...groups.values()].flatMap((group) => impactOf(group, run.seed));
}

const liveIterations = ({ run }: Pick<RunReport, 'run'>) => readResult(run.result).iterations.filter(({ dryRun }) => !dryRun);

/** @returns undefined when no iteration needed to recover */
export function recoveryMeasure({ run }: Pick<RunReport, 'run'>): RecoveryMeasure | undefined {
  const needed = liveIterations({ run }).flatMap(({ recovery }) => (recovery && recovery.kind !== 'not-needed' ? [recovery] : []));
  const inTime = needed.filter((recovery) => recovery.kind === 'recovered' && recovery.inMs <= recovery.withinMs);
  const interval = clopperPearson(inTime.length, needed.length, 0.95);
  if (!interval) return undefined;
  const times = robustSummary(needed.flatMap((recovery) => (recovery.kind === 'recovered' ? [recovery.inMs] : [])));
  return { recovered: inTime.length, of: needed.length, interval, ...(times && { times }) };
}
