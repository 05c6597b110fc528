import * as z from 'zod';
import { NamespaceName, ObjectName, WorkloadKind, workloadName, workloadRef } from '../domain/kubernetes/words.ts';
import { RunningWorkload, stateOf, type WorkloadState } from '../domain/kubernetes/workload-state.ts';
import type { Measurement } from '../domain/sample.ts';
import { noData, valueOf } from './answer.ts';
import { defineProvider } from './define.ts';

const schema = z.strictObject({
  kind: z.literal('kubernetes-workload'),
  workload: WorkloadKind.default('Deployment').describe('kind of the workload; Rollout: of Argo Rollouts'),
  namespace: NamespaceName,
  name: ObjectName.describe('name of the workload'),
  metric: z
    .enum(['ready', 'available', 'unavailable', 'desired', 'updated', 'ready-ratio'])
    .describe(
      'ready: pods that are ready · available: ready for minReadySeconds · unavailable: how many of desired are not available · desired: how many there should be · updated: of the newest template · ready-ratio: ready / desired, above 1 while more than desired are rolled out',
    ),
});
type Metric = z.infer<typeof schema>['metric'];

function measureOf(state: WorkloadState, metric: Metric): Measurement {
  if (metric === 'unavailable') return valueOf(Math.max(0, state.desired - state.available));
  if (metric !== 'ready-ratio') return valueOf(state[metric]);
  return state.desired === 0 ? noData('no replicas are wanted: there is no share of them') : valueOf(state.ready / state.desired);
}

/** How far the controller of a workload has come. One object is asked for. */
export const kubernetesWorkload = defineProvider('kubernetes-workload', {
  schema,
  doc: {
    summary: 'Reads the replicas of a Deployment, StatefulSet, DaemonSet or Argo Rollout from its status.',
    unit: 'pods; ready-ratio: a fraction, 1 = all',
    noData: 'There is no such workload; its controller has not observed the newest generation; ready-ratio when none are wanted.',
  },
  access(spec) {
    const { resource, namespace = '' } = workloadRef(spec);
    return [{ group: resource.group, resource: resource.plural, verbs: ['get'], namespace }];
  },
  open: (spec, { kubernetes }) => ({
    async measure(signal) {
      const found = await kubernetes.read(workloadRef(spec), RunningWorkload, signal);
      if (!found) return noData(`there is no ${workloadName(spec)}`);
      const state = stateOf(spec, found);
      return 'why' in state ? noData(state.why) : measureOf(state, spec.metric);
    },
  }),
});
