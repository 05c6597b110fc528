import * as z from 'zod';
import { Metadata } from '../domain/kubernetes/objects.ts';
import { AUTOSCALERS } from '../domain/kubernetes/resources.ts';
import { NamespaceName, ObjectName } from '../domain/kubernetes/words.ts';
import type { Measurement } from '../domain/sample.ts';
import { noData, valueOf } from './answer.ts';
import { defineProvider } from './define.ts';

const schema = z.strictObject({
  kind: z.literal('kubernetes-autoscaler'),
  namespace: NamespaceName,
  name: ObjectName.describe('name of the HorizontalPodAutoscaler'),
  metric: z
    .enum(['current', 'desired', 'at-max', 'able-to-scale'])
    .describe('current, desired: replicas · at-max: 1 when it wants all that it may have · able-to-scale: 1 when it can set the replicas'),
});
type Metric = z.infer<typeof schema>['metric'];

const Condition = z.object({ type: z.string(), status: z.string(), reason: z.string().nullish(), message: z.string().nullish() });

const Autoscaler = z.object({
  metadata: Metadata,
  spec: z.object({ maxReplicas: z.int() }),
  status: z
    .object({
      observedGeneration: z.int().nullish(),
      currentReplicas: z.int().default(0),
      desiredReplicas: z.int().default(0),
      conditions: z.array(Condition).nullish(),
    })
    .optional(),
});
type Autoscaler = z.infer<typeof Autoscaler>;

/** @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ */
function measureOf({ metadata, spec, status }: Autoscaler, metric: Metric): Measurement {
  const conditions = status?.conditions ?? [];
  if (!status || conditions.length === 0) return noData('its controller has not looked at it yet');
  if (typeof status.observedGeneration === 'number' && status.observedGeneration < (metadata.generation ?? 0))
    return noData(`its controller has not observed generation ${metadata.generation} yet (observed: ${status.observedGeneration})`);
  const condition = (type: string) => conditions.find((one) => one.type === type);
  if (metric === 'current') return valueOf(status.currentReplicas);
  if (metric === 'able-to-scale') {
    const able = condition('AbleToScale')?.status;
    return able === 'True' || able === 'False' ? valueOf(able === 'True' ? 1 : 0) : noData('it does not tell whether it is able to scale');
  }
  const active = condition('ScalingActive');
  if (active?.status !== 'True')
    return noData(
      `it does not compute what it wants: ${[active?.reason, active?.message].filter(Boolean).join(': ').slice(0, 200) || 'ScalingActive is not True'}`,
    );
  return valueOf(metric === 'desired' ? status.desiredReplicas : status.desiredReplicas >= spec.maxReplicas ? 1 : 0);
}

/** What a HorizontalPodAutoscaler wants and may have. One object is asked for. */
export const kubernetesAutoscaler = defineProvider('kubernetes-autoscaler', {
  schema,
  doc: {
    summary: 'Reads the state of a HorizontalPodAutoscaler.',
    unit: 'current, desired: replicas; at-max, able-to-scale: 1 for yes, 0 for no',
    noData: 'There is no such autoscaler; its controller has not looked at it; desired and at-max while it has no metrics to compute from.',
  },
  access: ({ namespace }) => [{ group: 'autoscaling', resource: 'horizontalpodautoscalers', verbs: ['get'], namespace }],
  open: ({ namespace, name, metric }, { kubernetes }) => ({
    async measure(signal) {
      const found = await kubernetes.read({ resource: AUTOSCALERS, namespace, name }, Autoscaler, signal);
      return found ? measureOf(found, metric) : noData(`there is no HorizontalPodAutoscaler ${namespace}/${name}`);
    },
  }),
});
