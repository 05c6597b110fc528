import { refused } from './errors.ts';
import { storableTime } from './storable.ts';

/** From when on records are kept, epoch milliseconds. Runs, events, results and the numbers of each signal are kept for ever. */
export interface Retention {
  /** Of a run that ended before, and of one that never ended and has no sample since, the samples are replaced by buckets. */
  samplesSinceMs: number;
  /** Of a run that ended before, the buckets are deleted. Not later than `samplesSinceMs`. */
  bucketsSinceMs: number;
}

/** What was removed, or with a dry run would be. */
export interface Pruned {
  /** Signals whose samples were replaced by buckets, and how many samples those were. */
  signals: number;
  samples: number;
  /** Buckets that were deleted. */
  buckets: number;
}

export const nothingPruned: Readonly<Pruned> = { signals: 0, samples: 0, buckets: 0 };

export const addPruned = (a: Readonly<Pruned>, b: Readonly<Pruned>): Pruned => ({
  signals: a.signals + b.signals,
  samples: a.samples + b.samples,
  buckets: a.buckets + b.buckets,
});

/** @throws RecordsError when a time is none, or when buckets would be deleted that have not been made yet */
export function checkedRetention({ samplesSinceMs, bucketsSinceMs }: Retention): Retention {
  const checked = {
    samplesSinceMs: storableTime(samplesSinceMs, 'samplesSinceMs'),
    bucketsSinceMs: storableTime(bucketsSinceMs, 'bucketsSinceMs'),
  };
  if (checked.bucketsSinceMs > checked.samplesSinceMs)
    throw refused('buckets would be kept for a shorter time than the samples that they replace; keep them as long, or longer');
  return checked;
}
