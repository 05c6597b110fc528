import { refused } from './errors.ts';
import type { Pruned, Retention } from './ports.ts';
import { storableTime } from './storable.ts';

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
