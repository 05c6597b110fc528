import * as z from 'zod';
import { WORKLOADS } from './owners.ts';
import type { ObjectRef } from './resources.ts';

/** How probes and remedies name what they mean in a cluster. Nothing defaults to a namespace. */

export const NamespaceName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'expected the name of a namespace, such as payments')
  .describe('namespace; there is no default');

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
export const ObjectName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'expected the name of an object, such as payment-worker');

/** A label selector. It stays a text: the API server evaluates it, and refuses what is none. */
export const Selector = z.string().trim().min(1, 'expected at least one label: everything would match').max(1_000);

export const WorkloadKind = z.enum(['Deployment', 'StatefulSet', 'DaemonSet', 'Rollout']);
export type WorkloadKind = z.infer<typeof WorkloadKind>;

/** A workload by its name, as a file writes it. */
export interface NamedWorkload {
  workload: WorkloadKind;
  namespace: string;
  name: string;
}

export const workloadRef = ({ workload, namespace, name }: NamedWorkload): ObjectRef => ({
  resource: WORKLOADS[workload],
  namespace,
  name,
});

/** What a person calls it: `Deployment payments/worker`. */
export const workloadName = ({ workload, namespace, name }: NamedWorkload): string => `${workload} ${namespace}/${name}`;
