import type { RecordedSignal } from '../records/ports.ts';
import { faultWindows, type FaultWindow } from './fault-windows.ts';
import { place, quantity } from './format.ts';
import { marksOf, type Mark } from './marks.ts';
import type { RunReport } from './model.ts';

/** What all plots of a report share, so that they can be read one below the other. Times in epoch milliseconds. */
export interface PlotFrame {
  fromMs: number;
  toMs: number;
  windows: readonly FaultWindow[];
  marks: readonly Mark[];
}

/** What a signal did in an iteration before the fault: between its 5th and its 95th percentile. */
export interface BaselineBand {
  fromMs: number;
  toMs: number;
  low: number;
  high: number;
  label: string;
}

/** From the first to the last thing that is known of the run. */
export function frameOf(report: RunReport): PlotFrame {
  const { run, signals, events } = report;
  const seen = signals.flatMap(({ numbers }) => numbers.flatMap(({ fromMs, toMs }) => [fromMs, toMs]));
  const times = [...seen, ...events.map(({ atMs }) => atMs), ...(run.closedAtMs === undefined ? [] : [run.closedAtMs])];
  const extreme = (pick: (a: number, b: number) => number): number => times.reduce(pick, times[0] ?? run.startedAtMs);
  return {
    fromMs: extreme((a, b) => Math.min(a, b)),
    toMs: extreme((a, b) => Math.max(a, b)),
    windows: faultWindows(events),
    marks: marksOf(report),
  };
}

/** One for each iteration with a baseline, as long as the signal was watched in it. */
export function baselineBands({ numbers }: Pick<RecordedSignal, 'numbers'>, unit: string): BaselineBand[] {
  return numbers.flatMap(({ phase, wave, iteration, p05, median, p95 }) => {
    if (phase !== 'baseline' || wave === null || iteration === null || p05 === null || p95 === null) return [];
    const mine = numbers.filter((one) => one.wave === wave && one.iteration === iteration);
    const spread = `${quantity(p05)} to ${quantity(p95, unit)}, median ${quantity(median, unit)}`;
    return [
      {
        fromMs: mine.reduce((least, one) => Math.min(least, one.fromMs), Infinity),
        toMs: mine.reduce((most, one) => Math.max(most, one.toMs), -Infinity),
        low: p05,
        high: p95,
        label: `baseline of ${place(wave, iteration)}, 5th to 95th percentile: ${spread}`,
      },
    ];
  });
}
