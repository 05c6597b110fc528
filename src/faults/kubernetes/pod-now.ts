import * as z from 'zod';
import type { ContainerIdentity } from '../../domain/kubernetes/identity.ts';
import { Pod, type ContainerStatus } from '../../domain/kubernetes/objects.ts';
import { PODS, type ObjectRef } from '../../domain/kubernetes/resources.ts';
import type { FaultPorts } from '../ports.ts';

const SecurityContext = z.record(z.string(), z.unknown());

/** A pod with what faults ask of its specification beyond what discovery does. */
export const PodNow = Pod.extend({
  spec: Pod.shape.spec.extend({
    shareProcessNamespace: z.boolean().default(false),
    hostPID: z.boolean().default(false),
    terminationGracePeriodSeconds: z.int().optional(),
    ephemeralContainers: z.array(z.object({ name: z.string() })).default([]),
    containers: z.array(z.object({ name: z.string(), image: z.string().optional(), securityContext: SecurityContext.optional() })),
  }),
});
export type PodNow = z.infer<typeof PodNow>;

/**
 * How a pinned container is now. `gone`: no such pod; `replaced`: another pod has its name; `restarted`: the pod has another container of the name;
 * `ended`: it does not run.
 */
export type ContainerNow =
  { kind: 'running' | 'ended' | 'restarted'; pod: PodNow; evidence: string } | { kind: 'gone' | 'replaced'; evidence: string };

export const podRef = ({ namespace, pod }: Pick<ContainerIdentity, 'namespace' | 'pod'>): ObjectRef => ({
  resource: PODS,
  namespace,
  name: pod,
});

/** Reads the pod that was pinned. @throws KubernetesError when the API server does not tell */
export async function lookAt(
  { kubernetes }: Pick<FaultPorts, 'kubernetes'>,
  pin: ContainerIdentity,
  signal: AbortSignal,
): Promise<ContainerNow> {
  const pod = await kubernetes.read(podRef(pin), PodNow, signal);
  const what = `pod ${pin.namespace}/${pin.pod}`;
  if (!pod) return { kind: 'gone', evidence: `${what} is gone` };
  if (pod.metadata.uid !== pin.uid)
    return { kind: 'replaced', evidence: `${what} is another now: uid ${pod.metadata.uid}, not ${pin.uid}` };
  return containerNow(pod, pin);
}

function containerNow(pod: PodNow, pin: ContainerIdentity): ContainerNow {
  const now = pod.status.containerStatuses.find(({ name }) => name === pin.container);
  const what = `container ${pin.container} of pod ${pin.namespace}/${pin.pod}`;
  if (!now) return { kind: 'ended', pod, evidence: `${what} has no status` };
  if (now.restartCount !== pin.restartCount || (now.containerID !== '' && now.containerID !== pin.containerId))
    return {
      kind: 'restarted',
      pod,
      evidence: `${what} was restarted: restart count ${pin.restartCount} → ${now.restartCount}, container id ${pin.containerId} → ${now.containerID}`,
    };
  if (!now.state.running) return { kind: 'ended', pod, evidence: `${what} does not run: ${stateText(now)}` };
  return { kind: 'running', pod, evidence: `${what} runs: ${now.containerID}, restart count ${now.restartCount}` };
}

function stateText({ state, lastState }: ContainerStatus): string {
  const ended = state.terminated ?? lastState.terminated;
  const end = ended ? `exit code ${ended.exitCode ?? 'unknown'} ${ended.reason ?? ''}`.trim() : '';
  return [state.waiting?.reason, end].filter((part) => part !== undefined && part !== '').join(', ') || 'no state';
}
