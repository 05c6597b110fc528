import type { RecordedSample, RecordedSignal } from '../records/ports.ts';
import { cell, csvLine } from './csv-line.ts';
import type { RunReport } from './model.ts';
import { unitOf } from './signals.ts';

const SAMPLE_HEADS = ['time_utc', 'epoch_ms', 'wave', 'iteration', 'phase', 'signal', 'unit', 'kind', 'value', 'problem'];
const BUCKET_HEADS = [
  ...['time_utc', 'epoch_ms', 'to_epoch_ms', 'wave', 'iteration', 'phase', 'signal', 'unit', 'values', 'problems'],
  ...['min', 'mean', 'max', 'last', 'problem'],
];

type Units = (probe: string) => string;

/** The cells between the times and the answer. Neighbours share them, and a run has millions of neighbours. */
function placeOf(units: Units): (sample: RecordedSample) => string {
  let [last, text]: [RecordedSample | undefined, string] = [undefined, ''];
  return (sample) => {
    const { probe, wave, iteration, phase } = sample;
    if (last?.probe !== probe || last.wave !== wave || last.iteration !== iteration || last.phase !== phase)
      text = [wave, iteration + 1, phase, probe, units(probe)].map(cell).join(',');
    last = sample;
    return text;
  };
}

function samplesText(samples: readonly RecordedSample[], units: Units): string {
  const place = placeOf(units);
  const lines = samples.map((sample) => {
    const { atMs, measurement } = sample;
    const answer = measurement.kind === 'value' ? `${measurement.value},` : `,${cell(measurement.reason)}`;
    return csvLine([new Date(atMs).toISOString(), String(atMs), place(sample), measurement.kind, answer]);
  });
  return lines.join('');
}

function* buckets(experiment: unknown, signals: readonly RecordedSignal[]): Generator<string> {
  yield csvLine(BUCKET_HEADS);
  for (const { probe, buckets: all } of signals) {
    const unit = unitOf(experiment, probe);
    const lines = all.map(({ fromMs, toMs, wave, iteration, phase, values, problems, min, mean, max, last, problem }) => [
      ...[new Date(fromMs).toISOString(), fromMs, toMs, wave, iteration + 1, phase, probe, unit, values, problems],
      ...[min, mean, max, last, problem],
    ]);
    yield lines.map((cells) => csvLine(cells.map(cell))).join('');
  }
}

/**
 * Every sample of the run, one a line, signal by signal (RFC 4180); of a run whose samples are no longer kept, its buckets. Iterations count
 * from one, as everywhere where people read.
 * @param pages   as the records give them
 * @param signals asked only when there are no samples
 */
export async function* csvPieces(
  { experiment }: Pick<RunReport['run'], 'experiment'>,
  pages: AsyncIterable<readonly RecordedSample[]>,
  signals: () => Promise<readonly RecordedSignal[]>,
): AsyncGenerator<string> {
  const known = new Map<string, string>();
  const units = (probe: string): string => {
    const unit = known.get(probe) ?? unitOf(experiment, probe);
    known.set(probe, unit);
    return unit;
  };
  let isEmpty = true;
  for await (const page of pages) {
    if (page.length === 0) continue;
    if (isEmpty) yield csvLine(SAMPLE_HEADS);
    isEmpty = false;
    yield samplesText(page, units);
  }
  if (!isEmpty) return;
  const kept = await signals();
  if (kept.some(({ isFull }) => !isFull)) yield* buckets(experiment, kept);
  else yield csvLine(SAMPLE_HEADS);
}
