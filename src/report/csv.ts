import type { RecordedSample } from '../records/ports.ts';
import { cell, csvLine } from './csv-line.ts';
import type { RunReport } from './model.ts';
import { unitOf } from './signals.ts';

const SAMPLE_HEADS = ['time_utc', 'epoch_ms', 'wave', 'iteration', 'phase', 'signal', 'unit', 'kind', 'value', 'problem'];
const BUCKET_HEADS = [
  ...['time_utc', 'epoch_ms', 'to_epoch_ms', 'wave', 'iteration', 'phase', 'signal', 'unit', 'values', 'problems'],
  ...['min', 'mean', 'max', 'last', 'problem'],
];

/** Whole lines, so many at a time that writing them costs little. */
const joined = (lines: readonly (readonly (string | number | null)[])[]): string => lines.map((cells) => csvLine(cells.map(cell))).join('');

function sampleCells(samples: readonly RecordedSample[], units: (probe: string) => string): (string | number)[][] {
  return samples.map(({ atMs, wave, iteration, phase, probe, measurement }) => {
    const answer = measurement.kind === 'value' ? [measurement.value, ''] : ['', measurement.reason];
    return [new Date(atMs).toISOString(), atMs, wave, iteration + 1, phase, probe, units(probe), measurement.kind, ...answer];
  });
}

function* buckets({ run, signals }: Pick<RunReport, 'run' | 'signals'>): Generator<string> {
  yield csvLine(BUCKET_HEADS);
  for (const { probe, buckets: all } of signals) {
    const unit = unitOf(run.experiment, probe);
    yield joined(
      all.map(({ fromMs, toMs, wave, iteration, phase, values, problems, min, mean, max, last, problem }) => [
        ...[new Date(fromMs).toISOString(), fromMs, toMs, wave, iteration + 1, phase, probe, unit, values, problems],
        ...[min, mean, max, last, problem],
      ]),
    );
  }
}

/**
 * Every sample of the run, one a line, signal by signal (RFC 4180); of a run whose samples are no longer kept, its buckets. Iterations count
 * from one, as everywhere where people read.
 * @param pages as the records give them
 */
export async function* csvPieces(
  report: Pick<RunReport, 'run' | 'signals'>,
  pages: AsyncIterable<readonly RecordedSample[]>,
): AsyncGenerator<string> {
  if (report.signals.some(({ isFull }) => !isFull)) {
    yield* buckets(report);
    return;
  }
  yield csvLine(SAMPLE_HEADS);
  const known = new Map<string, string>();
  const units = (probe: string): string => {
    const unit = known.get(probe) ?? unitOf(report.run.experiment, probe);
    known.set(probe, unit);
    return unit;
  };
  for await (const page of pages) yield joined(sampleCells(page, units));
}
