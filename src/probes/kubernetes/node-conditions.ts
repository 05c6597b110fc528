import type { Node } from '../../domain/kubernetes/objects.ts';
import type { Measurement } from '../../domain/sample.ts';
import { noData, valueOf } from '../answer.ts';

const CONDITIONS = {
  'memory-pressure': 'MemoryPressure',
  'disk-pressure': 'DiskPressure',
  'pid-pressure': 'PIDPressure',
  'not-ready': 'Ready',
} as const;
export type NodeCondition = keyof typeof CONDITIONS;

/**
 * How many nodes are in that condition. A node that nobody hears from is not ready; whether it is under pressure nobody knows.
 * @see https://kubernetes.io/docs/reference/node/node-status/#condition
 */
export function countCondition(nodes: readonly Node[], condition: NodeCondition): Measurement {
  let count = 0;
  for (const { metadata, status } of nodes) {
    const said = status.conditions.find(({ type }) => type === CONDITIONS[condition])?.status;
    if (said === undefined || (said === 'Unknown' && condition !== 'not-ready'))
      return noData(`node ${metadata.name} does not tell its condition ${CONDITIONS[condition]}`);
    if ((said === 'True') !== (condition === 'not-ready')) count += 1;
  }
  return valueOf(count);
}
