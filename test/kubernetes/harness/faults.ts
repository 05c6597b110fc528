import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { createCommands } from '../../../src/adapters/command/run.ts';
import { openKubernetes } from '../../../src/adapters/kubernetes/index.ts';
import { createProcesses, openJournal } from '../../../src/adapters/process/index.ts';
import { nodeTargetId, podTargetId, workloadTargetId, type WorkloadIdentity } from '../../../src/domain/kubernetes/identity.ts';
import { Node, Pod, Workload } from '../../../src/domain/kubernetes/objects.ts';
import {
  collectionPath,
  DEPLOYMENTS,
  DISRUPTION_BUDGETS,
  NAMESPACES,
  NODES,
  type objectPath,
  PODS,
} from '../../../src/domain/kubernetes/resources.ts';
import type { KubernetesPort } from '../../../src/domain/kubernetes/port.ts';
import type { Order, Spec } from '../../../src/domain/order.ts';
import type { Target } from '../../../src/domain/target.ts';
import { faults } from '../../../src/faults/index.ts';
import type { FaultPorts } from '../../../src/faults/ports.ts';
import { orderFor } from '../../adapters/process/harness/children.ts';
import { images, kubeconfig } from '../../support/cluster.ts';

export const never = new AbortController().signal;
export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export type Container = { name: string; image?: string; command?: string[]; [field: string]: unknown };

/** A namespace of its own in the real cluster, and the ports of a worker of its site. */
export class Stage {
  readonly namespace = `faults-${Math.random().toString(36).slice(2, 8)}`;
  readonly dir = mkdtempSync(join(tmpdir(), 'breakwater-faults-'));
  readonly kubernetes: KubernetesPort;
  readonly ports: FaultPorts;

  /** @param file kubeconfig of another cluster than that of the suites */
  constructor(file = kubeconfig()) {
    this.kubernetes = openKubernetes({ kubeconfig: file, protectedNamespaces: [] });
    this.ports = {
      processes: createProcesses(),
      journal: openJournal(join(this.dir, 'journal')),
      commands: createCommands({}),
      kubernetes: this.kubernetes,
      floor: { refusal: () => Promise.resolve(undefined) },
    };
  }

  async begin(annotations: Record<string, string> = { 'breakwater.dev/enabled': 'true' }): Promise<void> {
    await this.post(collectionPath(NAMESPACES), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.namespace, annotations } });
    await this.until('the default service account', () =>
      this.kubernetes.get(`/api/v1/namespaces/${this.namespace}/serviceaccounts/default`, z.unknown(), never),
    );
  }

  async end(): Promise<void> {
    const ref = { resource: NAMESPACES, name: this.namespace };
    const found = await this.kubernetes.read(ref, z.object({ metadata: z.object({ uid: z.string() }) }), never);
    if (found) await this.kubernetes.remove(ref, { uid: found.metadata.uid }, never);
    rmSync(this.dir, { recursive: true, force: true });
  }

  post = (path: string, body: unknown) => this.kubernetes.create(path, body, z.unknown(), never);

  /** Looks until it is so, at most 30 s. */
  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    const untilMs = Date.now() + 30_000;
    for (;;) {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      if (Date.now() > untilMs) throw new Error(`not within 30 s: ${what}`);
      await pause(100);
    }
  }

  pod = (name: string): Promise<Pod | undefined> => this.kubernetes.read({ resource: PODS, namespace: this.namespace, name }, Pod, never);

  /** A running pod; its first container is the victim. */
  async startPod(name: string, container: Partial<Container>, spec: object = {}): Promise<Target> {
    const containers = [{ name: 'main', image: images.shell, imagePullPolicy: 'Never', ...container }];
    const metadata = { name, labels: { app: name } };
    await this.post(collectionPath(PODS, this.namespace), {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: { terminationGracePeriodSeconds: 1, containers, ...spec },
    });
    return this.running(name);
  }

  running(name: string): Promise<Target> {
    return this.until(`pod ${name} runs`, async () => {
      const pod = await this.pod(name);
      const status = pod?.status.containerStatuses.find((each) => each.state.running);
      return pod && status && this.targetOf(pod, status.name);
    });
  }

  targetOf(pod: Pod, container: string): Target {
    const status = pod.status.containerStatuses.find(({ name }) => name === container);
    const identity = {
      namespace: this.namespace,
      pod: pod.metadata.name,
      uid: pod.metadata.uid,
      container,
      containerId: status?.containerID ?? '',
      restartCount: status?.restartCount ?? 0,
      node: pod.spec.nodeName ?? '',
    };
    return { kind: 'pod', id: podTargetId(identity), site: 'here', name: pod.metadata.name, labels: pod.metadata.labels, identity };
  }

  async startDeployment(name: string, replicas: number): Promise<Target> {
    const labels = { app: name };
    const container = { name: 'main', image: images.shell, imagePullPolicy: 'Never', command: ['sleep', '10000'] };
    const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 0, containers: [container] } };
    await this.post(collectionPath(DEPLOYMENTS, this.namespace), {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { replicas, selector: { matchLabels: labels }, template },
    });
    const found = await this.until(`deployment ${name} is ready`, async () => {
      const deployment = await this.deployment(name);
      return deployment?.status.readyReplicas === replicas && deployment;
    });
    const identity: WorkloadIdentity = { workload: 'Deployment', namespace: this.namespace, name, uid: found.metadata.uid };
    return { kind: 'workload', id: workloadTargetId(identity), site: 'here', name, labels: {}, identity };
  }

  deployment = (name: string) => this.kubernetes.read({ resource: DEPLOYMENTS, namespace: this.namespace, name }, Workload, never);

  podsOf = (app: string): Promise<Pod[]> =>
    this.kubernetes.list(PODS, { namespace: this.namespace, labelSelector: `app=${app}` }, Pod, never);

  budget = (name: string, app: string, minAvailable: number) =>
    this.post(collectionPath(DISRUPTION_BUDGETS, this.namespace), {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name },
      spec: { minAvailable, selector: { matchLabels: { app } } },
    });

  /** @param name absent: any node */
  async aNode(name?: string): Promise<Target> {
    const node = (await this.kubernetes.list(NODES, {}, Node, never)).find(({ metadata }) => name === undefined || metadata.name === name);
    if (!node) throw new Error(`the cluster has no node ${name ?? ''}`);
    const identity = { name: node.metadata.name, uid: node.metadata.uid, bootId: node.status.nodeInfo?.bootID ?? '' };
    return { kind: 'node', id: nodeTargetId(identity), site: 'here', name: node.metadata.name, labels: {}, identity };
  }

  node = (name: string) => this.kubernetes.read({ resource: NODES, name }, Node, never);

  annotate = (path: Parameters<typeof objectPath>[0], annotations: Record<string, string | null>) =>
    this.kubernetes.patch(path, { kind: 'merge', body: { metadata: { annotations } } }, never);

  prepared(target: Target, spec: Spec, change: Partial<Order> = {}, ports: FaultPorts = this.ports) {
    const order = orderFor(target, spec, { notAfterMs: Date.now() + 15_000, ...change });
    return { order, fault: faults[spec.kind as keyof typeof faults].bind(spec, ports) };
  }

  /** Runs a shell line in a pod. */
  async sh(pod: string, line: string, container = 'main'): Promise<string> {
    const argv = ['sh', '-c', line];
    const { stdout } = await this.kubernetes.exec({ namespace: this.namespace, pod, container, argv, timeoutMs: 10_000 }, never);
    return stdout;
  }
}
