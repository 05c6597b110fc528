import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerIdentity } from '../../domain/kubernetes/identity.ts';
import { KubernetesError } from '../../domain/kubernetes/port.ts';
import type { Order } from '../../domain/order.ts';
import type { FaultPorts } from '../ports.ts';
import { lookAt, podRef, type PodNow } from './pod-now.ts';

/** A debug container ends by itself after this many seconds; its entry stays in the pod's specification as long as the pod lives. */
const LIVES_S = 300;
const STARTS_WITHIN_MS = 8_000;
const LOOK_EVERY_MS = 200;

/**
 * Puts a container with a shell beside the victim, in its pid namespace, and waits until it runs. Safe to repeat: an order has one.
 * It runs under the victim's own security context, so that the cluster's admission allows it as it allowed the victim.
 * @returns its name, or why there is none
 */
export async function debugContainer(
  ports: FaultPorts,
  pin: ContainerIdentity,
  pod: PodNow,
  image: string,
  order: Order,
  signal: AbortSignal,
): Promise<{ name: string } | { why: string }> {
  if (pod.spec.shareProcessNamespace || pod.spec.hostPID)
    return { why: 'in a pod whose containers share a pid namespace a debug container cannot tell their processes apart' };
  const name = `breakwater-${createHash('sha256').update(order.key).digest('hex').slice(0, 10)}`;
  const { securityContext } = pod.spec.containers.find((container) => container.name === pin.container) ?? {};
  const entry = {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    targetContainerName: pin.container,
    command: ['sleep', String(LIVES_S)],
    ...(securityContext && { securityContext }),
  };
  if (pod.status.ephemeralContainerStatuses.every((status) => status.name !== name)) {
    try {
      await ports.kubernetes.patch({ ...podRef(pin), subresource: 'ephemeralcontainers' }, additionOf(pod, pin.uid, entry), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof KubernetesError)) throw error;
      return { why: `no debug container could be had (patch on pods/ephemeralcontainers): ${error.message}` };
    }
  }
  return awaitRunning(ports, pin, name, signal);
}

function additionOf({ spec }: PodNow, uid: string, entry: unknown) {
  const test = { op: 'test', path: '/metadata/uid', value: uid };
  const add =
    spec.ephemeralContainers.length === 0
      ? { op: 'add', path: '/spec/ephemeralContainers', value: [entry] }
      : { op: 'add', path: '/spec/ephemeralContainers/-', value: entry };
  return { kind: 'json' as const, body: [test, add] };
}

async function awaitRunning(
  ports: FaultPorts,
  pin: ContainerIdentity,
  name: string,
  signal: AbortSignal,
): Promise<{ name: string } | { why: string }> {
  const untilMs = Date.now() + STARTS_WITHIN_MS;
  for (;;) {
    const now = await lookAt(ports, pin, signal);
    if (now.kind !== 'running') return { why: `the victim is not there any more: ${now.evidence}` };
    const state = now.pod.status.ephemeralContainerStatuses.find((status) => status.name === name)?.state;
    if (state?.running) return { name };
    const reason = state?.terminated ? `it ended: ${state.terminated.reason ?? 'unknown'}` : (state?.waiting?.reason ?? 'not started');
    if (state?.terminated || Date.now() >= untilMs) return { why: `debug container ${name} does not run: ${reason}` };
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}
