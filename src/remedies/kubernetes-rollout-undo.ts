import * as z from 'zod';
import { DEPLOYMENT_HISTORY } from '../domain/kubernetes/revisions.ts';
import { NamespaceName, ObjectName } from '../domain/kubernetes/words.ts';
import { defineRemedy } from './define.ts';
import { awaitReady, WaitReady } from './kubernetes/await-ready.ts';
import { RevisedWorkload, undoOf } from './kubernetes/previous-template.ts';
import { changeWorkload, workloadAccess } from './kubernetes/workload.ts';

const deployment = ({ namespace, name }: { namespace: string; name: string }) => ({ workload: 'Deployment' as const, namespace, name });

/** Takes a release back. */
export const kubernetesRolloutUndo = defineRemedy('kubernetes-rollout-undo', {
  schema: z.strictObject({
    kind: z.literal('kubernetes-rollout-undo'),
    namespace: NamespaceName,
    name: ObjectName.describe('name of the Deployment'),
    toRevision: z
      .int()
      .positive()
      .optional()
      .describe('as `kubectl rollout history` counts; default: the previous one that was not rolled back from before'),
    waitReady: WaitReady,
  }),
  doc: {
    summary:
      'Puts the template of the previous revision of a Deployment back, as `kubectl rollout undo` does, but never of one that was rolled back from before (annotation breakwater.dev/undone-from); refuses when there is none or the Deployment is paused. A repeated attempt undoes nothing more.',
  },
  access: (spec) => [
    ...workloadAccess(deployment(spec)),
    { group: 'apps', resource: 'replicasets', verbs: ['list'], namespace: spec.namespace },
  ],
  async apply({ kubernetes }, spec, signal, order) {
    const named = { ...deployment(spec), toRevision: spec.toRevision };
    const undo = (workload: RevisedWorkload) => undoOf(kubernetes, named, workload, DEPLOYMENT_HISTORY, order, signal);
    const said = await changeWorkload(kubernetes, named, RevisedWorkload, undo, signal);
    return said + (await awaitReady(kubernetes, named, { withinMs: spec.waitReady, rolledOut: true }, signal));
  },
});
