import * as z from 'zod';
import { workloadName, type NamedWorkload } from '../domain/kubernetes/words.ts';
import { RunningWorkload } from '../domain/kubernetes/workload-state.ts';
import { defineRemedy } from './define.ts';
import { awaitReady, WaitReady } from './kubernetes/await-ready.ts';
import { changeWorkload, workloadAccess, workloadFields, type Change } from './kubernetes/workload.ts';

/** The order that it was last restarted for: written in the same patch, so that an attempt after a lost answer does not restart again. */
const RESTARTED_FOR = 'breakwater.dev/restarted-for';
/** What `kubectl rollout restart` writes into the template: other than before, so that all pods are made anew. */
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

/** @throws Error when a restart would have no effect */
function decide(named: NamedWorkload, { metadata, spec }: RunningWorkload, order: string): Change {
  if (metadata.annotations[RESTARTED_FOR] === order) return { said: `${workloadName(named)} was restarted by an earlier attempt` };
  if (spec.paused) throw new Error(`${workloadName(named)} is paused: a restart would do nothing until it is resumed`);
  if (spec.updateStrategy?.type === 'OnDelete')
    throw new Error(`${workloadName(named)} has the update strategy OnDelete: a restart would do nothing until its pods are deleted`);
  const now = new Date().toISOString().replace(/\.\d+/, '');
  const restart = named.workload === 'Rollout' ? { restartAt: now } : { template: { metadata: { annotations: { [RESTARTED_AT]: now } } } };
  const body = { metadata: { resourceVersion: metadata.resourceVersion, annotations: { [RESTARTED_FOR]: order } }, spec: restart };
  return { patch: { kind: 'merge', body }, said: `restarted ${workloadName(named)}` };
}

/** Replaces every pod of a workload, as fast as its own update strategy allows. */
export const kubernetesRestart = defineRemedy('kubernetes-restart', {
  schema: z.strictObject({ kind: z.literal('kubernetes-restart'), ...workloadFields, waitReady: WaitReady }),
  doc: {
    summary:
      'Restarts the pods of a workload that has opted in, step by step, as `kubectl rollout restart` does. A repeated attempt restarts nothing.',
  },
  access: workloadAccess,
  async apply({ kubernetes }, spec, signal, order) {
    const said = await changeWorkload(kubernetes, spec, RunningWorkload, (workload) => decide(spec, workload, order), signal);
    return said + (await awaitReady(kubernetes, spec, { withinMs: spec.waitReady, rolledOut: true }, signal));
  },
});
