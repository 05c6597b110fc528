import * as z from 'zod';
import { exactlyOne } from '../domain/experiment/conditions.ts';
import type { Patch } from '../domain/kubernetes/port.ts';
import { workloadName } from '../domain/kubernetes/words.ts';
import { RunningWorkload } from '../domain/kubernetes/workload-state.ts';
import { defineRemedy } from './define.ts';
import { awaitReady, WaitReady } from './kubernetes/await-ready.ts';
import { changeWorkload, workloadAccess, workloadFields, type Change } from './kubernetes/workload.ts';

/** `3>5`: how many replicas there were before the first scaling that was not put back, and how many the last one set. */
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
      .describe(
        'how many more than before the first scaling that was not put back: repeated, it adds nothing; when somebody else scaled since, it counts from their number',
      ),
    restore: z
      .literal(true)
      .optional()
      .describe('puts the number back that was there before the first scaling; not when somebody else scaled since'),
    waitReady: WaitReady,
  })
  .check(exactlyOne(['replicas', 'by', 'restore']));
type Spec = z.infer<typeof schema>;

/** Of what is kept; an earlier release did not keep what was set. */
interface Kept {
  before: number;
  set?: number;
}

/** @throws Error when something else than counts was kept */
function keptBy(spec: Spec, { annotations }: RunningWorkload['metadata']): Kept | undefined {
  const text = annotations[BEFORE];
  if (text === undefined) return undefined;
  const [, before, set] = /^(\d{1,5})(?:>(\d{1,5}))?$/.exec(text) ?? [];
  if (before === undefined) throw new Error(`annotation ${BEFORE} of ${workloadName(spec)} is '${text.slice(0, 40)}', not a number`);
  return { before: Number(before), ...(set !== undefined && { set: Number(set) }) };
}

/** Somebody else scaled since: their number is not ours to put back, nor to count from what was before it. */
const isVoid = (kept: Kept | undefined, now: number): boolean => kept?.set !== undefined && kept.set !== now;

/** @throws Error when nothing would be left */
function scaling(spec: Spec, { metadata, spec: { replicas: now = 1 } }: RunningWorkload): Change {
  const kept = keptBy(spec, metadata);
  const before = kept === undefined || isVoid(kept, now) ? now : kept.before;
  const wanted = spec.replicas ?? before + (spec.by ?? 0);
  if (wanted < 1) throw new Error(`${workloadName(spec)} had ${before} replicas: with ${spec.by} there would be none left`);
  if (wanted === now) return { said: `${workloadName(spec)} has ${now} replicas already` };
  return {
    patch: replicasPatch(metadata, wanted, `${before}>${wanted}`),
    said: `scaled ${workloadName(spec)} from ${now} to ${wanted} replicas`,
  };
}

function restoration(spec: Spec, { metadata, spec: { replicas: now = 1 } }: RunningWorkload): Change {
  const kept = keptBy(spec, metadata);
  if (kept === undefined) return { said: `${workloadName(spec)} was not scaled by us: nothing to restore` };
  if (isVoid(kept, now))
    return {
      said: `${workloadName(spec)} has ${now} replicas, not the ${kept.set} that we set: somebody else scaled it, nothing is restored`,
    };
  return {
    patch: replicasPatch(metadata, kept.before, null),
    said: `put ${workloadName(spec)} back from ${now} to ${kept.before} replicas`,
  };
}

const replicasPatch = ({ resourceVersion }: RunningWorkload['metadata'], replicas: number, note: string | null): Patch => ({
  kind: 'merge',
  body: { metadata: { resourceVersion, annotations: { [BEFORE]: note } }, spec: { replicas } },
});

/** Starts more, or less, of a workload, and remembers at the workload itself how many there were. */
export const kubernetesScale = defineRemedy('kubernetes-scale', {
  schema,
  doc: {
    summary:
      'Scales a workload that has opted in, and keeps the number of before and the one that it set in its annotation breakwater.dev/replicas-before (`3>5`) for `restore: true`. An autoscaler takes its number back: then raise its minimum instead.',
  },
  access: workloadAccess,
  async apply({ kubernetes }, spec, signal) {
    const decide = spec.restore ? restoration : scaling;
    const said = await changeWorkload(kubernetes, spec, RunningWorkload, (workload) => decide(spec, workload), signal);
    return said + (await awaitReady(kubernetes, spec, { withinMs: spec.waitReady, rolledOut: false }, signal));
  },
});
