import * as z from 'zod';
import type { WorkloadIdentity } from '../../domain/kubernetes/identity.ts';
import { Metadata } from '../../domain/kubernetes/objects.ts';
import { AUTOSCALERS } from '../../domain/kubernetes/resources.ts';
import { workloadName, workloadRef } from '../../domain/kubernetes/words.ts';
import type { FaultPorts } from '../ports.ts';
import { protectionNow } from './opt-in.ts';

const ManagedField = z.object({
  manager: z.string().default('unknown'),
  operation: z.string().default(''),
  time: z.string().default(''),
  subresource: z.string().optional(),
  fieldsV1: z.unknown().optional(),
});

/** A workload with who manages which of its fields. */
const WorkloadNow = z.object({
  metadata: Metadata.extend({ managedFields: z.array(ManagedField).default([]) }),
  spec: z.object({ replicas: z.int().default(1) }),
});
export type WorkloadNow = z.infer<typeof WorkloadNow>;

const Autoscaler = z.object({
  metadata: Metadata,
  spec: z.object({ scaleTargetRef: z.object({ kind: z.string(), name: z.string() }) }),
});

/** @returns undefined when the pinned workload is no more. @throws KubernetesError when the API server does not tell */
export async function readWorkload(
  { kubernetes }: Pick<FaultPorts, 'kubernetes'>,
  pin: WorkloadIdentity,
  signal: AbortSignal,
): Promise<WorkloadNow | undefined> {
  const now = await kubernetes.read(workloadRef(pin), WorkloadNow, signal);
  return now?.metadata.uid === pin.uid ? now : undefined;
}

/**
 * Changes the replica count, if it is what it is taken for, of this very workload. The API leaves out a count of 0: it is
 * tested as null, which its patches take for "not there" (evanphx/json-patch), and added, not replaced.
 * @param now the workload as it was read
 * @throws KubernetesError 422 when it is another, or has another count
 */
export const scale = (
  ports: Pick<FaultPorts, 'kubernetes'>,
  pin: WorkloadIdentity,
  { spec: { replicas: from } }: WorkloadNow,
  to: number,
  signal: AbortSignal,
): Promise<void> =>
  ports.kubernetes.patch(
    { ...workloadRef(pin), subresource: 'scale' },
    {
      kind: 'json',
      body: [
        { op: 'test', path: '/metadata/uid', value: pin.uid },
        { op: 'test', path: '/spec/replicas', value: from === 0 ? null : from },
        { op: 'add', path: '/spec/replicas', value: to },
      ],
    },
    signal,
  );

/** Why a workload must not be scaled now: it is protected, or an autoscaler would work against that and against its undo. */
export async function workloadRefusal(
  ports: FaultPorts,
  pin: WorkloadIdentity,
  from: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const what = workloadName(pin);
  const now = await readWorkload(ports, pin, signal);
  if (!now) return `the victim is not there any more: ${what} is gone, or another has its name`;
  if (now.metadata.deletionTimestamp !== undefined) return `the victim is being deleted: ${what}`;
  if (now.spec.replicas !== from) return `${what} was scaled meanwhile, from ${from} to ${now.spec.replicas}, ${scaledBy(now)}`;
  const why = await protectionNow(ports, `${pin.workload} ${pin.name}`, now.metadata, signal);
  if (why !== undefined) return `the victim is protected: it ${why}`;
  const autoscalers = await ports.kubernetes.list(AUTOSCALERS, { namespace: pin.namespace }, Autoscaler, signal);
  const its = autoscalers.find(({ spec }) => spec.scaleTargetRef.kind === pin.workload && spec.scaleTargetRef.name === pin.name);
  return its && `${what} is scaled by HorizontalPodAutoscaler ${its.metadata.name}, which would work against the fault and its undo`;
}

/** Who wrote the replica count last, as the API server keeps it. */
export function scaledBy({ metadata }: WorkloadNow): string {
  const owners = metadata.managedFields.filter(({ fieldsV1, subresource }) => {
    const spec = (fieldsV1 as { 'f:spec'?: Record<string, unknown> } | undefined)?.['f:spec'];
    return subresource !== 'status' && spec !== undefined && 'f:replicas' in spec;
  });
  const last = owners.sort((a, b) => (a.time < b.time ? 1 : -1))[0];
  return last
    ? `by ${last.manager}${last.subresource === undefined ? '' : ` (${last.subresource})`} at ${last.time}`
    : 'by nobody knows whom';
}
