import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommands } from '../../../src/adapters/command/run.ts';
import { createProcesses, openJournal } from '../../../src/adapters/process/index.ts';
import {
  nodeTargetId,
  podTargetId,
  routeTargetId,
  workloadTargetId,
  type RouteIdentity,
  type WorkloadIdentity,
} from '../../../src/domain/kubernetes/identity.ts';
import { DEPLOYMENTS, HTTP_ROUTES, NODES, objectPath, PODS } from '../../../src/domain/kubernetes/resources.ts';
import type { Order, Spec } from '../../../src/domain/order.ts';
import type { Target } from '../../../src/domain/target.ts';
import { faults } from '../../../src/faults/index.ts';
import type { FaultPorts } from '../../../src/faults/ports.ts';
import { orderFor } from '../../adapters/process/harness/children.ts';
import { MemoryCluster } from './memory-cluster.ts';

const annotations = { 'breakwater.dev/enabled': 'true' };
export const podPath = objectPath({ resource: PODS, namespace: 'shop', name: 'web' });
export const deploymentPath = objectPath({ resource: DEPLOYMENTS, namespace: 'shop', name: 'web' });
export const nodePath = objectPath({ resource: NODES, name: 'node1' });

export const routePath = objectPath({ resource: HTTP_ROUTES, namespace: 'shop', name: 'web' });

/** A pod, its container with restart count 0, as the API holds it. */
export const podObject = (
  uid: string,
  change: { containerID?: string; restartCount?: number; labels?: object; annotations?: object } = {},
) => ({
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid,
    labels: { app: 'web', ...change.labels },
    annotations: change.annotations ?? annotations,
  },
  spec: { nodeName: 'node1', containers: [{ name: 'main' }] },
  status: {
    phase: 'Running',
    containerStatuses: [
      {
        name: 'main',
        containerID: change.containerID ?? 'containerd://one',
        restartCount: change.restartCount ?? 0,
        state: { running: {} },
      },
    ],
  },
});

/** A cluster in memory with one pod, one Deployment, one node and one HTTPRoute, and an own journal. */
export class World {
  readonly cluster = new MemoryCluster();
  readonly dir = mkdtempSync(join(tmpdir(), 'breakwater-kubernetes-faults-'));
  needed: string | undefined;
  readonly ports: FaultPorts = {
    processes: createProcesses(),
    journal: openJournal(this.dir),
    commands: createCommands({}),
    kubernetes: this.cluster,
    floor: { refusal: () => Promise.resolve(this.needed) },
  };

  constructor() {
    this.cluster.put(podPath, podObject('pod-1'));
    const metadata = { name: 'web', namespace: 'shop', uid: 'workload-1', annotations };
    this.cluster.put(deploymentPath, { metadata, spec: { replicas: 3 } });
    this.cluster.put(nodePath, {
      metadata: { name: 'node1', uid: 'node-1', annotations },
      spec: {},
      status: { nodeInfo: { bootID: 'boot-1' } },
    });
    this.cluster.put(routePath, {
      metadata: { name: 'web', namespace: 'shop', uid: 'route-1', annotations },
      spec: { rules: [{ backendRefs: [80, 20].map((weight, i) => ({ name: i === 0 ? 'web' : 'web-canary', port: 80, weight })) }] },
      status: { parents: [{ conditions: [{ type: 'Accepted', status: 'True' }] }] },
    });
  }

  end = (): void => rmSync(this.dir, { recursive: true, force: true });

  targetFor(kind: string): Target {
    const rest = { site: 'here', name: 'web', labels: {} };
    const container = {
      namespace: 'shop',
      pod: 'web',
      uid: 'pod-1',
      container: 'main',
      containerId: 'containerd://one',
      restartCount: 0,
      node: 'node1',
    };
    const workload: WorkloadIdentity = { workload: 'Deployment', namespace: 'shop', name: 'web', uid: 'workload-1' };
    const node = { name: 'node1', uid: 'node-1', bootId: 'boot-1' };
    const route: RouteIdentity = { route: 'http-route', namespace: 'shop', name: 'web', uid: 'route-1' };
    if (kind === 'route') return { kind, id: routeTargetId(route), identity: { ...route }, ...rest };
    if (kind === 'pod') return { kind, id: podTargetId(container), identity: container, ...rest };
    if (kind === 'workload') return { kind, id: workloadTargetId(workload), identity: workload, ...rest };
    return { kind, id: nodeTargetId(node), identity: node, ...rest };
  }

  prepared(spec: Spec, change: Partial<Order> = {}) {
    const definition = faults[spec.kind as keyof typeof faults];
    const target = this.targetFor(definition.targets.find((kind) => kind !== 'process') ?? '');
    const order = orderFor(target, spec, change);
    return { order, fault: definition.bind(spec, this.ports) };
  }
}
