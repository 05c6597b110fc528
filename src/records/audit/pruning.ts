import { randomUUID } from 'node:crypto';
import type { AuditFact } from '../../domain/audit/entry.ts';
import { BREAKWATER, factAbout } from '../../domain/audit/facts.ts';
import type { Pruned, Retention } from '../retention.ts';

/** That records were thinned. Nothing was: no entry. */
export const factsOfPruning = ({ samplesSinceMs, bucketsSinceMs }: Retention, pruned: Pruned): AuditFact[] =>
  pruned.samples + pruned.buckets === 0
    ? []
    : [
        factAbout('records', 'records-pruned', {
          ...{ key: `prune/${randomUUID()}`, atMs: Date.now(), actor: BREAKWATER },
          ...{ samplesSinceMs, bucketsSinceMs, ...pruned },
        }),
      ];
