import { bootstrapDifference } from '../domain/statistics/block-bootstrap.ts';
import { medianInPlace } from '../domain/statistics/median-in-place.ts';
import { clopperPearson, type Interval } from '../domain/statistics/proportion.ts';
import { robustSummary, type RobustSummary } from '../domain/statistics/robust-summary.ts';
import type { RecordedSignal } from '../records/ports.ts';
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

const LEAST_POINTS = 5;
const RESAMPLES = 200;

function impactOf({ probe, numbers }: RecordedSignal, wave: string, seed: number): Impact[] {
  const mine = numbers.filter((one) => one.wave === wave && one.iteration === null);
  const [before, under] = (['baseline', 'fault'] as const).map((name) => mine.find(({ phase }) => phase === name));
  const [baseline, fault] = [before?.median ?? undefined, under?.median ?? undefined];
  if (!before || !under || baseline === undefined || fault === undefined) return [];
  const isEnough = before.course.length >= LEAST_POINTS && under.course.length >= LEAST_POINTS;
  const interval = isEnough
    ? bootstrapDifference(before.course, under.course, medianInPlace, { confidence: 0.95, seed, resamples: RESAMPLES })
    : undefined;
  return [{ wave, probe, baseline, fault, shift: fault - baseline, ...(interval && { interval }) }];
}

/** Every signal in every wave that injected, in the order of the waves. The same records give the same numbers. */
export function impacts({ run, signals }: Pick<RunReport, 'run' | 'signals'>): Impact[] {
  const waves = [...new Set(liveIterations({ run }).map(({ wave }) => wave))];
  return waves.flatMap((wave) => signals.flatMap((signal) => impactOf(signal, wave, run.seed)));
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
