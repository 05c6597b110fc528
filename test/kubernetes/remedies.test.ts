import type { Spec } from '../../src/domain/order.ts';
import { remedies } from '../../src/remedies/index.ts';
import type { KubernetesPort } from '../../src/domain/kubernetes/port.ts';
import { adminPort, portAllowed } from '../support/allowed.ts';
import { apply, describeWithCluster, freshNamespace, images, kubectl } from '../support/cluster.ts';
import { deployment } from '../support/manifests.ts';
import { rolloutDefinition } from '../support/rollout-definition.ts';

const never = new AbortController().signal;

describeWithCluster('remedies, each with the Role of its own access', () => {
  let namespace: string;
  beforeAll(async () => {
    namespace = await freshNamespace('remedies');
    await kubectl('annotate', 'namespace', namespace, 'breakwater.dev/enabled=true');
  }, 60_000);
  afterAll(() => kubectl('delete', 'namespace', namespace, '--wait=false'));

  /** Applies a remedy as an account that may do no more than the remedy says it needs. */
  async function repair(spec: Spec, order?: string, port?: KubernetesPort): Promise<string> {
    const remedy = remedies[spec.kind as keyof typeof remedies];
    const kubernetes = port ?? (await portAllowed(namespace, remedy.access(spec)));
    return remedy.apply(spec, { commands: null as never, http: null as never, secrets: null as never, kubernetes }, never, order);
  }
  const inNamespace = (...args: string[]) => kubectl('--namespace', namespace, ...args);
  const field = async (what: string, path: string): Promise<string> => inNamespace('get', what, '-o', `jsonpath=${path}`);
  async function running(name: string, replicas: number): Promise<void> {
    await apply(deployment(namespace, name, replicas));
    await inNamespace('rollout', 'status', `deployment/${name}`, '--timeout=50s');
  }

  test('scale up until ready, and back', async () => {
    await running('scaled', 1);
    const spec = { kind: 'kubernetes-scale', namespace, name: 'scaled', waitReady: '60s' };
    const up = await repair({ ...spec, by: 1 });
    expect(up).toBe(`scaled Deployment ${namespace}/scaled from 1 to 2 replicas; it is ready`);
    expect(await field('deployment/scaled', '{.spec.replicas} {.status.readyReplicas}')).toBe('2 2');
    expect(await repair({ ...spec, by: 1 })).toMatch(/has 2 replicas already; it is ready$/);
    expect(await repair({ ...spec, restore: true })).toMatch(/back from 2 to 1 replicas; it is ready$/);
    expect(await field('deployment/scaled', '{.spec.replicas}{.metadata.annotations.breakwater\\.dev/replicas-before}')).toBe('1');
  }, 120_000);

  test('restart makes every pod anew, once per order', async () => {
    await running('restarted', 2);
    const pods = async () => (await inNamespace('get', 'pods', '-l', 'app=restarted', '-o', 'name')).trim().split('\n').sort();
    const before = await pods();
    const spec = { kind: 'kubernetes-restart', namespace, name: 'restarted', waitReady: '60s' };
    expect(await repair(spec, 'order-1')).toBe(`restarted Deployment ${namespace}/restarted; it is ready`);
    const generation = await field('deployment/restarted', '{.metadata.generation}');
    expect(await field('deployment/restarted', '{.status.updatedReplicas} {.status.readyReplicas}')).toBe('2 2');
    expect(await repair(spec, 'order-1')).toMatch(/was restarted by an earlier attempt; it is ready$/);
    expect(await field('deployment/restarted', '{.metadata.generation}')).toBe(generation);
    await inNamespace('wait', '--for=delete', ...before, '--timeout=30s');
    expect((await pods()).filter((pod) => before.includes(pod))).toEqual([]);
  }, 120_000);

  test('rollout undo takes a release back that never becomes ready; a second attempt does not bring it again', async () => {
    await running('released', 1);
    const spec = { kind: 'kubernetes-rollout-undo', namespace, name: 'released', waitReady: '60s' };
    await expect(repair(spec)).rejects.toThrow('has no previous revision; it has 1');
    await inNamespace('set', 'image', 'deployment/released', 'main=localhost/no-such:1');
    await inNamespace('wait', '--for=jsonpath={.status.updatedReplicas}=1', 'deployment/released', '--timeout=30s');
    await expect(repair({ kind: 'kubernetes-restart', namespace, name: 'released', waitReady: '1s' })).rejects.toThrow(
      /is not ready after 1s: \d replicas/,
    );
    await inNamespace('rollout', 'undo', 'deployment/released', '--to-revision=2'); // the restart was a revision too
    await inNamespace(
      'wait',
      '--for=jsonpath={.metadata.annotations.deployment\\.kubernetes\\.io/revision}=4',
      'deployment/released',
      '--timeout=30s',
    );
    expect(await repair({ ...spec, toRevision: 1 }, 'order-1')).toMatch(
      /put the template of revision 1 back .* which was at revision 4; it is ready$/,
    );
    expect(await field('deployment/released', '{.spec.template.spec.containers[0].image}')).toBe(images.shell);
    expect(await repair(spec, 'order-1')).toMatch(/was rolled back by an earlier attempt; it is ready$/);
    expect(await field('deployment/released', '{.spec.template.spec.containers[0].image}')).toBe(images.shell);
    await inNamespace('rollout', 'pause', 'deployment/released');
    await expect(repair(spec, 'order-2')).rejects.toThrow(/is paused/);
  }, 120_000);

  test('of stuck pods at most so many are deleted, those that are ready never', async () => {
    const stuck = { image: 'localhost/no-such:1' };
    await running('fine', 1);
    await apply(deployment(namespace, 'stuck', 2, stuck));
    await inNamespace('wait', '--for=condition=Ready=false', 'pod', '-l', 'app=stuck', '--timeout=30s');
    const uids = async (app: string) =>
      (await field('pods', `{range .items[?(@.metadata.labels.app=="${app}")]}{.metadata.uid} {end}`)).trim().split(' ');
    const [before, fine] = [await uids('stuck'), await uids('fine')];
    const spec = { kind: 'kubernetes-delete-pod', namespace, notReadyFor: '1s' };
    await new Promise((resolve) => setTimeout(resolve, 2_000)); // stuck means: for some time
    expect(await repair({ ...spec, name: 'stuck', notReadyFor: '1h' })).toMatch(/^no pod .* for 1h$/);
    expect(await repair({ ...spec, name: 'stuck' }, 'order-1')).toMatch(/: deleted pod stuck-[\w-]+$/);
    await inNamespace('rollout', 'status', 'deployment/stuck', '--timeout=1s').catch(() => undefined); // it never becomes ready
    expect(await repair({ ...spec, name: 'stuck' }, 'order-1')).toMatch(/: (pod stuck-[\w-]+ is gone|deleted pod stuck-[\w-]+)$/);
    expect((await uids('stuck')).filter((uid) => before.includes(uid)).length).toBeGreaterThanOrEqual(1);
    expect(await repair({ ...spec, name: 'fine', limit: 5 })).toMatch(/^no pod/);
    expect(await uids('fine')).toEqual(fine);
  }, 120_000);

  test('uncordon: a node that we cordoned, and no other', async () => {
    const node = (await kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
    const spec = { kind: 'kubernetes-uncordon', node };
    try {
      await kubectl('cordon', node);
      await expect(repair(spec)).rejects.toThrow(/somebody else/);
      await kubectl('uncordon', node);
      const ref = { resource: { group: '', version: 'v1', plural: 'nodes' }, name: node };
      await adminPort().patch(ref, { kind: 'merge', body: { spec: { unschedulable: true } } }, never);
      expect(await repair(spec)).toBe(`uncordoned node ${node}`);
      expect(await repair(spec)).toBe(`node ${node} is not cordoned`);
    } finally {
      await kubectl('uncordon', node);
    }
  }, 60_000);

  test('without a verb it is refused, and nothing is done', async () => {
    await running('kept', 1);
    const spec = { kind: 'kubernetes-scale', namespace, name: 'kept', replicas: 2 };
    const rules = remedies['kubernetes-scale']
      .access(spec)
      .map((rule) => ({ ...rule, verbs: rule.verbs.filter((verb) => verb !== 'patch') }));
    await expect(repair(spec, undefined, await portAllowed(namespace, rules))).rejects.toThrow(/cannot patch resource "deployments"/);
    await kubectl('annotate', 'namespace', namespace, 'breakwater.dev/enabled=false', '--overwrite');
    await expect(repair(spec)).rejects.toThrow(/has not opted in/);
    await kubectl('annotate', 'namespace', namespace, 'breakwater.dev/enabled=true', '--overwrite');
    expect(await field('deployment/kept', '{.spec.replicas}')).toBe('1');
  }, 60_000);

  describe('argo-rollout', () => {
    beforeAll(async () => {
      await apply(rolloutDefinition);
      await kubectl('wait', '--for=condition=Established', 'crd/rollouts.argoproj.io', '--timeout=30s');
    }, 60_000);

    /** There is no controller of rollouts here: this is what it would write. */
    async function rollout(name: string, status: object): Promise<void> {
      const canary = { steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }] };
      const spec = { replicas: 1, selector: { matchLabels: { app: name } }, template: { image: 'new' }, strategy: { canary } };
      await apply({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name, namespace }, spec });
      await write(name, { observedGeneration: '1', currentPodHash: 'new', stableRS: 'old', ...status });
    }
    const write = (name: string, status: object) =>
      inNamespace('patch', 'rollout', name, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status }));
    const told = (name: string, path: string) => field(`rollout/${name}`, path);

    test('abort, and promote fully', async () => {
      await rollout('aborted', {});
      const spec = { kind: 'argo-rollout', namespace, name: 'aborted' };
      expect(await repair({ ...spec, action: 'abort' })).toBe(`aborted Rollout ${namespace}/aborted`);
      expect(await told('aborted', '{.status.abort}')).toBe('true');
      await expect(repair({ ...spec, action: 'promote' })).rejects.toThrow(/is aborted/);
      await write('aborted', { abort: null });
      expect(await repair({ ...spec, action: 'promote', full: true })).toMatch(/^promoted .* fully$/);
      expect(await told('aborted', '{.status.promoteFull}')).toBe('true');
      await expect(repair({ ...spec, action: 'promote', full: true, waitReady: '1s' })).rejects.toThrow(
        /not ready after 1s: 0 of 1 replicas/,
      );
      await write('aborted', { stableRS: 'new', readyReplicas: 1, replicas: 1, updatedReplicas: 1 });
      expect(await repair({ ...spec, action: 'promote', full: true, waitReady: '1s' })).toMatch(/fully promoted already; it is ready$/);
    }, 60_000);

    test('promote by one step, once per order', async () => {
      await rollout('stepped', { currentStepIndex: 1, pauseConditions: [{ reason: 'CanaryPauseStep' }] });
      const spec = { kind: 'argo-rollout', namespace, name: 'stepped', action: 'promote' };
      expect(await repair(spec, 'order-1')).toMatch(/past its pause at step 1$/);
      expect(await told('stepped', '{.status.pauseConditions}')).toBe('');
      expect(await repair(spec, 'order-1')).toMatch(/was promoted past its pause at step 1$/);
      expect(await repair(spec, 'order-2')).toMatch(/to step 2 of 3$/);
      expect(await repair(spec, 'order-2')).toMatch(/was promoted from step 1; it is at step 2$/);
      expect(await told('stepped', '{.status.currentStepIndex}')).toBe('2');
    }, 60_000);

    test('undo puts the previous template back', async () => {
      await rollout('undone', {});
      const uid = await told('undone', '{.metadata.uid}');
      for (const [revision, image] of [
        ['1', 'localhost/old:1'],
        ['2', 'localhost/new:1'],
      ] as const)
        await apply(historyOf('undone', uid, revision, image));
      const spec = { kind: 'argo-rollout', namespace, name: 'undone', action: 'undo' };
      expect(await repair(spec, 'order-1')).toMatch(/put the template of revision 1 back into Rollout .* at revision 2$/);
      expect(await told('undone', '{.spec.template.spec.containers[0].image}')).toBe('localhost/old:1');
      expect(await told('undone', '{.spec.template.image}')).toBe('');
      expect(await repair(spec, 'order-1')).toMatch(/rolled back by an earlier attempt$/);
    }, 60_000);

    const historyOf = (name: string, uid: string, revision: string, image: string) => ({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${revision}`,
        namespace,
        labels: { app: name },
        annotations: { 'rollout.argoproj.io/revision': revision },
        ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name, uid, controller: true }],
      },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: name, 'rollouts-pod-template-hash': revision } },
        template: {
          metadata: { labels: { app: name, 'rollouts-pod-template-hash': revision } },
          spec: { containers: [{ name: 'main', image }] },
        },
      },
    });
  });
});
