import * as z from 'zod';
import { exactlyOne } from '../domain/experiment/conditions.ts';
import { workloadName } from '../domain/kubernetes/words.ts';
import { RunningWorkload } from '../domain/kubernetes/workload-state.ts';
import { defineRemedy } from './define.ts';
import { awaitReady, WaitReady } from './kubernetes/await-ready.ts';
import { changeWorkload, workloadAccess, workloadFields, type Change } from './kubernetes/workload.ts';

/** How many replicas there were before the first scaling that was not put back. */
const BEFORE = 'breakwater.dev/replicas-before';

const schema = z
  .strictObject({
    kind: z.literal('kubernetes-scale'),
    ...workloadFields,
    workload: z.enum(['Deployment', 'StatefulSet', 'Rollout']).default('Deployment'),
    replicas: z.int().min(1).max(10_000).optional().describe('how many there shall be'),
    by: z
      .int()
      .min(-1_000)
      .max(1_000)
      .refine((by) => by !== 0, 'expected another number than 0')
      .optional()
      .describe('how many more than before the first scaling that was not put back: repeated, it adds nothing'),
    restore: z.literal(true).optional().describe('puts the number back that was there before the first scaling'),
    waitReady: WaitReady,
  })
  .check(exactlyOne(['replicas', 'by', 'restore']));
type Spec = z.infer<typeof schema>;

/** @throws Error when another number than a count was kept, or nothing would be left */
function decide(spec: Spec, { metadata, spec: { replicas: now = 1 } }: RunningWorkload): Change {
  const kept = metadata.annotations[BEFORE];
  if (kept !== undefined && !/^\d{1,5}$/.test(kept))
    throw new Error(`annotation ${BEFORE} of ${workloadName(spec)} is '${kept.slice(0, 40)}', not a number`);
  if (spec.restore && kept === undefined) return { said: `${workloadName(spec)} was not scaled by us: nothing to restore` };
  const before = kept === undefined ? now : Number(kept);
  const wanted = spec.restore ? before : (spec.replicas ?? before + (spec.by ?? 0));
  if (!spec.restore && wanted < 1)
    throw new Error(`${workloadName(spec)} had ${before} replicas: with ${spec.by} there would be none left`);
  if (!spec.restore && wanted === now) return { said: `${workloadName(spec)} has ${now} replicas already` };
  const annotations = { [BEFORE]: spec.restore ? null : String(before) };
  const body = { metadata: { resourceVersion: metadata.resourceVersion, annotations }, spec: { replicas: wanted } };
  return {
    patch: { kind: 'merge', body },
    said: `${spec.restore ? 'put' : 'scaled'} ${workloadName(spec)} ${spec.restore ? 'back ' : ''}from ${now} to ${wanted} replicas`,
  };
}

/** Starts more, or less, of a workload, and remembers at the workload itself how many there were. */
export const kubernetesScale = defineRemedy('kubernetes-scale', {
  schema,
  doc: {
    summary:
      'Scales a workload that has opted in, and keeps the number of before in its annotation breakwater.dev/replicas-before for `restore: true`. An autoscaler takes its number back: then raise its minimum instead.',
  },
  access: workloadAccess,
  async apply({ kubernetes }, spec, signal) {
    const said = await changeWorkload(kubernetes, spec, RunningWorkload, (workload) => decide(spec, workload), signal);
    return said + (await awaitReady(kubernetes, spec, { withinMs: spec.waitReady, rolledOut: false }, signal));
  },
});
