import { KubernetesError } from '../../src/domain/kubernetes/port.ts';
import { containing } from '../adapters/process/harness/children.ts';
import { workloadTargetId, type WorkloadIdentity } from '../../src/domain/kubernetes/identity.ts';
import { Workload } from '../../src/domain/kubernetes/objects.ts';
import { ROLLOUTS } from '../../src/domain/kubernetes/resources.ts';
import { apply, describeWithCluster, kubectl } from '../support/cluster.ts';
import { rolloutDefinition } from '../support/rollout-definition.ts';
import { never, Stage } from './harness/faults.ts';

describeWithCluster('pods, workloads and nodes of a real cluster', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = new Stage();
    await stage.begin();
  });
  afterAll(() => stage.end());

  test('a pod is deleted by its UID; the order repeated, and another order for it, leave its replacement alone', async () => {
    await stage.startDeployment('web', 1);
    const [pod] = await stage.podsOf('web');
    const target = stage.targetOf(pod!, 'main');
    const { order, fault } = stage.prepared(target, { kind: 'pod-delete', gracePeriod: '0s' });
    const first = await fault.inject(order, never);
    expect(first).toMatchObject({ outcome: 'injected' });
    expect(await fault.effect(order, never)).toMatchObject({ proven: true, evidence: containing('is gone') });
    const replacement = await stage.until('its replacement', async () =>
      (await stage.podsOf('web')).find(({ metadata }) => metadata.uid !== pod?.metadata.uid),
    );
    expect(await fault.inject(order, never)).toEqual(first);
    const again = stage.prepared(target, { kind: 'pod-delete' });
    expect(await again.fault.inject(again.order, never)).toMatchObject({ outcome: 'skipped', reason: containing('gone') });
    expect((await stage.pod(replacement.metadata.name))?.metadata).toMatchObject({ uid: replacement.metadata.uid });
  });

  test('a pod of the same name with another UID is left alone', async () => {
    const target = await stage.startPod('twin', { command: ['sleep', '1000'] });
    const before = stage.prepared(target, { kind: 'pod-delete', gracePeriod: '0s' });
    expect(await before.fault.inject(before.order, never)).toMatchObject({ outcome: 'injected' });
    expect(await before.fault.effect(before.order, never)).toMatchObject({ proven: true });
    const twin = await stage.startPod('twin', { command: ['sleep', '1000'] });
    const late = stage.prepared(target, { kind: 'pod-delete' });
    expect(await late.fault.inject(late.order, never)).toMatchObject({ outcome: 'skipped', reason: containing('another now') });
    const uid = target.identity['uid'] as string;
    const ref = { resource: { group: '', version: 'v1', plural: 'pods' }, namespace: stage.namespace, name: 'twin' };
    await expect(stage.kubernetes.remove(ref, { uid }, never)).rejects.toMatchObject({ status: 409 });
    expect((await stage.pod('twin'))?.metadata.uid).toBe(twin.identity['uid']);
  });

  test('the answer to a deletion is lost: the effect decides, and the retry deletes no second pod', async () => {
    await stage.startDeployment('lost', 1);
    const [pod] = await stage.podsOf('lost');
    const deaf = {
      ...stage.kubernetes,
      remove: async (...given: Parameters<typeof stage.kubernetes.remove>) => {
        await stage.kubernetes.remove(...given);
        throw new KubernetesError('no answer', 0, 'NoAnswer');
      },
    };
    const ports = { ...stage.ports, kubernetes: deaf };
    const { order, fault } = stage.prepared(stage.targetOf(pod!, 'main'), { kind: 'pod-delete', gracePeriod: '0s' }, {}, ports);
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected', reason: containing('no answer') });
    expect(await fault.effect(order, never)).toMatchObject({ proven: true });
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
    await stage.until(
      'one replacement',
      async () => (await stage.podsOf('lost')).filter(({ status }) => status.phase === 'Running').length === 1,
    );
  });

  test('a budget without headroom is named with its numbers; respect and fill obey it, violate does not', async () => {
    await stage.startDeployment('held', 2);
    await stage.budget('held-budget', 'held', 1);
    // One that was just made to replace another has no container yet.
    const living = async () =>
      (await stage.podsOf('held')).find(
        ({ metadata, status }) => !metadata.deletionTimestamp && status.containerStatuses?.some(({ containerID }) => containerID),
      );
    const target = async () => stage.targetOf((await living())!, 'main');
    await stage.until('the budget counts', async () => {
      if (!(await living())) return false;
      const probe = stage.prepared(await target(), { kind: 'pod-evict', mode: 'fill' });
      return (await probe.fault.inject(probe.order, never)).outcome === 'injected';
    });
    await stage.budget('strict', 'held', 2);
    await stage.until('both run again', async () => (await stage.deployment('held'))?.status.readyReplicas === 2);
    for (const mode of ['respect', 'fill']) {
      const { order, fault } = stage.prepared(await target(), { kind: 'pod-evict', mode });
      const reason = expect.stringMatching(/budget \S+\/strict allows 0 disruptions: \d of 2 pods healthy, 2 wanted/) as string;
      expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped', reason });
      expect(await fault.effect(order, never)).toMatchObject({ proven: false });
    }
    const violating = stage.prepared(await target(), { kind: 'pod-evict', mode: 'violate', gracePeriod: '0s' });
    expect(await violating.fault.inject(violating.order, never)).toMatchObject({ outcome: 'injected' });
    expect(await violating.fault.effect(violating.order, never)).toMatchObject({ proven: true });
  }, 60_000);

  test('replicas are taken and given back; twice is once, and what somebody else scaled meanwhile is left alone', async () => {
    const target = await stage.startDeployment('scaled', 3);
    const replicas = async () => (await stage.deployment('scaled'))?.spec.replicas;
    const { order, fault } = stage.prepared(target, { kind: 'scale-down', by: 2 });
    const first = await fault.inject(order, never);
    expect([first.outcome, await replicas()]).toEqual(['injected', 1]);
    expect(await fault.effect(order, never)).toMatchObject({ proven: true });
    expect(await fault.inject(order, never)).toEqual(first);
    expect(await replicas()).toBe(1);
    expect(await fault.revert(order, never)).toMatchObject({ undone: true, evidence: containing('3 replicas again') });
    expect(await fault.revert(order, never)).toMatchObject({ undone: true });
    expect(await replicas()).toBe(3);
    expect(await fault.inject({ ...order }, never)).toEqual(first);
    expect(await replicas()).toBe(3);

    const nothing = stage.prepared(target, { kind: 'scale-down', to: 0 });
    expect(await nothing.fault.inject(nothing.order, never)).toMatchObject({ outcome: 'injected' });
    expect(await replicas()).toBe(0);
    expect(await nothing.fault.revert(nothing.order, never)).toMatchObject({ undone: true, evidence: containing('3 replicas again') });
    expect(await replicas()).toBe(3);

    const other = stage.prepared(target, { kind: 'scale-down', to: 0 });
    expect(await other.fault.inject(other.order, never)).toMatchObject({ outcome: 'injected' });
    const ref = {
      resource: { group: 'apps', version: 'v1', plural: 'deployments' },
      namespace: stage.namespace,
      name: 'scaled',
      subresource: 'scale',
    };
    await stage.kubernetes.patch(ref, { kind: 'merge', body: { spec: { replicas: 2 } } }, never);
    expect(await other.fault.revert(other.order, never)).toMatchObject({ undone: true, evidence: containing('left alone') });
    expect(await replicas()).toBe(2);
  });

  test('replicas are taken from an Argo Rollout, down to none, and given back, by its own scale sub-resource', async () => {
    const name = 'released';
    await apply(rolloutDefinition);
    await kubectl('wait', '--for=condition=Established', 'crd/rollouts.argoproj.io', '--timeout=30s');
    const metadata = { name, namespace: stage.namespace };
    await apply({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata, spec: { replicas: 3, strategy: { canary: {} } } });
    const rollout = async () => (await stage.kubernetes.read({ resource: ROLLOUTS, namespace: stage.namespace, name }, Workload, never))!;
    const { uid } = (await rollout()).metadata;
    const identity: WorkloadIdentity = { workload: 'Rollout', namespace: stage.namespace, name, uid };
    const target = { kind: 'workload', id: workloadTargetId(identity), site: 'here', name, labels: {}, identity };
    for (const [spec, left] of [
      [{ kind: 'scale-down', by: 1 }, 2],
      [{ kind: 'scale-down', to: 0 }, 0],
    ] as const) {
      const { order, fault } = stage.prepared(target, spec);
      expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
      expect(await fault.effect(order, never)).toMatchObject({ proven: true });
      expect((await rollout()).spec.replicas).toBe(left);
      expect(await fault.revert(order, never)).toMatchObject({ undone: true, evidence: containing('3 replicas again') });
      expect((await rollout()).spec.replicas).toBe(3);
    }
  });

  test('a workload that an autoscaler manages is refused', async () => {
    const target = await stage.startDeployment('elastic', 2);
    const spec = { minReplicas: 1, maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'elastic' } };
    const path = `/apis/autoscaling/v2/namespaces/${stage.namespace}/horizontalpodautoscalers`;
    await stage.post(path, { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'elastic-hpa' }, spec });
    const { order, fault } = stage.prepared(target, { kind: 'scale-down', to: 1 });
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped', reason: containing('elastic-hpa') });
    expect((await stage.deployment('elastic'))?.spec.replicas).toBe(2);
  });

  test('a node is cordoned and drained of what may be hit, and uncordoned; one that somebody else cordoned stays so', async () => {
    const target = await stage.aNode();
    const ref = { resource: { group: '', version: 'v1', plural: 'nodes' }, name: target.name };
    const isCordoned = async () => (await stage.node(target.name))?.spec.unschedulable;
    const shy = stage.prepared(target, { kind: 'node-cordon' });
    expect(await shy.fault.inject(shy.order, never)).toMatchObject({ outcome: 'skipped', reason: containing('has not opted in') });
    await stage.annotate(ref, { 'breakwater.dev/enabled': 'true' });
    try {
      const { order, fault } = stage.prepared(target, { kind: 'node-cordon' });
      expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
      expect(await fault.effect(order, never)).toMatchObject({ proven: true });
      expect(await isCordoned()).toBe(true);
      const second = stage.prepared(target, { kind: 'node-cordon' });
      expect(await second.fault.inject(second.order, never)).toMatchObject({ outcome: 'skipped', reason: containing('cordoned already') });
      expect(await second.fault.revert(second.order, never)).toMatchObject({ undone: true });
      expect(await isCordoned()).toBe(true);
      expect(await fault.revert(order, never)).toMatchObject({ undone: true });
      expect(await isCordoned()).toBe(false);
      expect((await stage.node(target.name))?.metadata.annotations).not.toHaveProperty(['breakwater.dev/cordoned-by']);
    } finally {
      await stage.annotate(ref, { 'breakwater.dev/enabled': null });
      await stage.kubernetes.patch(ref, { kind: 'merge', body: { spec: { unschedulable: null } } }, never);
    }
  });
});
