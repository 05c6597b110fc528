import * as z from 'zod';

/** The parts of API objects that Breakwater reads. Kubernetes adds fields with every release: what is not named here is dropped. */

const labels = z.record(z.string(), z.string()).default({});

export const OwnerReference = z.object({ kind: z.string(), name: z.string(), uid: z.string(), controller: z.boolean().default(false) });

export const Metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string(),
  resourceVersion: z.string().default(''),
  generation: z.int().optional(),
  labels,
  annotations: labels,
  creationTimestamp: z.string().optional(),
  /** Set while it is being deleted. */
  deletionTimestamp: z.string().optional(),
  ownerReferences: z.array(OwnerReference).default([]),
});

const Condition = z.object({ type: z.string(), status: z.string(), reason: z.string().optional(), message: z.string().optional() });

const ContainerState = z.object({
  running: z.object({ startedAt: z.string().nullish() }).optional(),
  waiting: z.object({ reason: z.string().optional() }).optional(),
  terminated: z
    .object({ exitCode: z.int().optional(), signal: z.int().optional(), reason: z.string().optional(), finishedAt: z.string().nullish() })
    .optional(),
});

const ContainerStatus = z.object({
  name: z.string(),
  /** Empty before it was first started. */
  containerID: z.string().default(''),
  restartCount: z.int().default(0),
  ready: z.boolean().default(false),
  state: ContainerState.default({}),
  lastState: ContainerState.default({}),
});
export type ContainerStatus = z.infer<typeof ContainerStatus>;

export const Pod = z.object({
  metadata: Metadata,
  spec: z.object({ nodeName: z.string().optional(), containers: z.array(z.object({ name: z.string(), image: z.string().optional() })) }),
  status: z
    .object({
      phase: z.string().default('Unknown'),
      conditions: z.array(Condition).default([]),
      containerStatuses: z.array(ContainerStatus).default([]),
      ephemeralContainerStatuses: z.array(ContainerStatus).default([]),
      startTime: z.string().optional(),
    })
    .default({ phase: 'Unknown', conditions: [], containerStatuses: [], ephemeralContainerStatuses: [] }),
});
export type Pod = z.infer<typeof Pod>;

/** Any object of which only its metadata is wanted. */
export const AnyObject = z.object({ metadata: Metadata });

/** A Deployment, StatefulSet, DaemonSet, ReplicaSet or Argo Rollout, as far as they are alike. */
export const Workload = z.object({
  metadata: Metadata,
  spec: z.object({ replicas: z.int().optional() }),
  status: z
    .object({
      replicas: z.int().optional(),
      readyReplicas: z.int().optional(),
      availableReplicas: z.int().optional(),
      updatedReplicas: z.int().optional(),
      unavailableReplicas: z.int().optional(),
      observedGeneration: z.union([z.int(), z.string()]).optional(),
      desiredNumberScheduled: z.int().optional(),
      numberReady: z.int().optional(),
    })
    .default({}),
});
export type Workload = z.infer<typeof Workload>;

export const Taint = z.object({ key: z.string(), value: z.string().optional(), effect: z.string() });

export const Node = z.object({
  metadata: Metadata,
  spec: z
    .object({ unschedulable: z.boolean().default(false), taints: z.array(Taint).default([]) })
    .default({ unschedulable: false, taints: [] }),
  status: z
    .object({ conditions: z.array(Condition).default([]), nodeInfo: z.object({ bootID: z.string() }).optional() })
    .default({ conditions: [] }),
});
export type Node = z.infer<typeof Node>;

/** Whether a condition of that type is `True`. */
export const isTrue = (conditions: readonly z.infer<typeof Condition>[], type: string): boolean =>
  conditions.some((condition) => condition.type === type && condition.status === 'True');
