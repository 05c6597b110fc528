import type { RawObject } from '../support/memory-cluster.ts';

const OPT_IN = { 'breakwater.dev/enabled': 'true' };
export const STARTED = '2026-11-24T10:00:00Z';

export const yes = { annotations: OPT_IN };
export const no = { annotations: { 'breakwater.dev/enabled': 'false' } };

export const controlledBy = (kind: string, name: string, uid = `uid-${kind}-${name}`) => ({
  ownerReferences: [{ apiVersion: 'v1', kind, name, uid, controller: true }],
});

/** An object of namespace `shop`. */
export const thing = (kind: string, name: string, metadata: object = {}, rest: object = {}): RawObject => ({
  metadata: { name, namespace: 'shop', uid: `uid-${kind}-${name}`, ...metadata },
  ...rest,
});

export const namespace = (metadata: object = {}): RawObject => ({ metadata: { name: 'shop', uid: 'uid-ns', ...metadata } });

/** What a pod may differ in from one that runs and is ready. */
export interface PodShape {
  containers?: string[];
  node?: string;
  phase?: string;
  /** Overrides in the status of each container. */
  container?: object;
  ready?: string;
  metadata?: object;
}

export function pod(
  name: string,
  { containers = ['main'], node = 'n1', phase = 'Running', container, ready = 'True', metadata }: PodShape = {},
): RawObject {
  const conditions = [
    ready === 'True'
      ? { type: 'Ready', status: 'True' }
      : { type: 'Ready', status: ready, reason: 'ContainersNotReady', message: 'containers with unready status: [main]' },
  ];
  const containerStatuses = containers.map((one) => ({
    name: one,
    containerID: `containerd://${name}-${one}-0`,
    restartCount: 0,
    ready: true,
    state: { running: { startedAt: STARTED } },
    ...container,
  }));
  return thing('Pod', name, metadata, {
    spec: { nodeName: node, containers: containers.map((one) => ({ name: one, image: 'x' })) },
    status: { phase, conditions, containerStatuses },
  });
}
