import * as z from 'zod';
import { Metadata } from '../domain/kubernetes/objects.ts';
import { DISRUPTION_BUDGETS } from '../domain/kubernetes/resources.ts';
import { NamespaceName, ObjectName } from '../domain/kubernetes/words.ts';
import type { Measurement } from '../domain/sample.ts';
import { noData, valueOf } from './answer.ts';
import { defineProvider } from './define.ts';

const schema = z.strictObject({
  kind: z.literal('kubernetes-disruption-budget'),
  namespace: NamespaceName,
  name: ObjectName.describe('name of the PodDisruptionBudget'),
  metric: z
    .enum(['disruptions-allowed', 'current-healthy', 'desired-healthy'])
    .default('disruptions-allowed')
    .describe(
      'disruptions-allowed: how many pods may be evicted now · current-healthy: pods that are healthy · desired-healthy: as many must stay',
    ),
});
type Metric = z.infer<typeof schema>['metric'];

const Budget = z.object({
  metadata: Metadata,
  status: z
    .object({
      observedGeneration: z.int().optional(),
      disruptionsAllowed: z.int().optional(),
      currentHealthy: z.int().optional(),
      desiredHealthy: z.int().optional(),
    })
    .default({}),
});
type Budget = z.infer<typeof Budget>;

function measureOf({ metadata, status }: Budget, metric: Metric): Measurement {
  const { observedGeneration = 0 } = status;
  if (metadata.generation === undefined || observedGeneration < metadata.generation)
    return noData(`its controller has not observed generation ${metadata.generation ?? 'unknown'} yet (observed: ${observedGeneration})`);
  const field = (
    { 'disruptions-allowed': 'disruptionsAllowed', 'current-healthy': 'currentHealthy', 'desired-healthy': 'desiredHealthy' } as const
  )[metric];
  const value = status[field];
  return value === undefined ? noData(`its status does not tell ${field}`) : valueOf(value);
}

/** How much disruption a PodDisruptionBudget still allows. One object is asked for. */
export const kubernetesDisruptionBudget = defineProvider('kubernetes-disruption-budget', {
  schema,
  doc: {
    summary: 'Reads the headroom of a PodDisruptionBudget.',
    unit: 'pods that the budget covers',
    noData: 'There is no such budget; its controller has not observed the newest generation, or does not tell the number.',
  },
  access: ({ namespace }) => [{ group: 'policy', resource: 'poddisruptionbudgets', verbs: ['get'], namespace }],
  open: ({ namespace, name, metric }, { kubernetes }) => ({
    async measure(signal) {
      const budget = await kubernetes.read({ resource: DISRUPTION_BUDGETS, namespace, name }, Budget, signal);
      return budget ? measureOf(budget, metric) : noData(`there is no PodDisruptionBudget ${namespace}/${name}`);
    },
  }),
});
