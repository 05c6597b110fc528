import { signalsFromSamples } from './downsample.ts';
import type { Pruned, RecordedPostMortem, RecordedSample, RecordedSignal, Retention, RunEvent, RunRecord } from './ports.ts';
import { nothingPruned } from './retention.ts';

/** Everything that is kept of one run. */
export interface Entry {
  run: RunRecord;
  events: Map<string, RunEvent>;
  samples: Map<string, RecordedSample>;
  /** Signals whose samples are gone. */
  kept: Map<string, RecordedSignal>;
  postMortems: Map<string, RecordedPostMortem>;
}

export const bySampleTime = (a: RecordedSample, b: RecordedSample): number => a.atMs - b.atMs || (a.probe < b.probe ? -1 : 1);

/** Every signal in small, by name. */
export const signalsOf = ({ samples, kept }: Pick<Entry, 'samples' | 'kept'>): RecordedSignal[] =>
  [...kept.values(), ...signalsFromSamples([...samples.values()].sort(bySampleTime)).filter(({ probe }) => !kept.has(probe))].sort(
    (a, b) => (a.probe < b.probe ? -1 : 1),
  );

/** Replaces and deletes what is old of one run. */
export function pruneOne(entry: Entry, { samplesSinceMs, bucketsSinceMs }: Retention, act: boolean): Pruned {
  const { run, samples, kept } = entry;
  const isOver = (sinceMs: number): boolean =>
    run.closedAtMs === undefined
      ? run.startedAtMs < sinceMs && [...samples.values()].every(({ atMs }) => atMs < sinceMs)
      : run.closedAtMs < sinceMs;
  const pruned = { ...nothingPruned };
  if (isOver(samplesSinceMs) && samples.size > 0) {
    pruned.signals = new Set([...samples.values()].map(({ probe }) => probe)).size;
    pruned.samples = samples.size;
    if (act) {
      for (const signal of signalsOf(entry)) kept.set(signal.probe, { ...signal, isFull: false });
      samples.clear();
    }
  }
  if ((run.closedAtMs ?? run.startedAtMs) < bucketsSinceMs)
    for (const signal of kept.values()) {
      pruned.buckets += signal.buckets.length;
      if (act) signal.buckets = [];
    }
  return pruned;
}
