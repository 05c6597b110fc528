import type { Spec } from '../../src/domain/order.ts';
import { needsOf } from '../../src/domain/kubernetes/access.ts';
import { KubernetesError } from '../../src/domain/kubernetes/port.ts';
import { DEPLOYMENTS, NAMESPACES, NODES, PODS, REPLICA_SETS, ROLLOUTS } from '../../src/domain/kubernetes/resources.ts';
import { RemedySpec, remedies } from '../../src/remedies/index.ts';
import { memoryCluster, type MemoryCluster } from '../support/writable-cluster.ts';

const never = new AbortController().signal;
const WEB = { resource: DEPLOYMENTS, namespace: 'shop', name: 'web' };
const LOST = new KubernetesError('the API server did not answer', 0, 'NoAnswer');

/** A Deployment of three ready replicas, in a namespace that opted in. */
function shop(spec: object = {}, metadata: object = {}): MemoryCluster {
  const cluster = memoryCluster(['ours']);
  cluster.put(NAMESPACES, { metadata: { name: 'shop', annotations: { 'breakwater.dev/enabled': 'true' } } });
  cluster.put(DEPLOYMENTS, {
    metadata: { name: 'web', namespace: 'shop', annotations: { 'deployment.kubernetes.io/revision': '2' }, ...metadata },
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: { spec: { image: 'new' } }, ...spec },
    status: { observedGeneration: 1, replicas: 3, readyReplicas: 3, updatedReplicas: 3 },
  });
  return cluster;
}

const apply = (kubernetes: MemoryCluster, spec: Spec, order?: string) => {
  const none = { commands: null as never, http: null as never, secrets: null as never };
  const remedy = remedies[spec.kind as keyof typeof remedies];
  const named = spec.kind === 'kubernetes-uncordon' ? {} : { namespace: 'shop', name: 'web' };
  return remedy.apply({ ...named, ...spec }, { ...none, kubernetes }, never, order);
};

/** The next change is made, and nobody hears of it. */
function loseNextAnswer(cluster: MemoryCluster): void {
  cluster.after = () => {
    cluster.after = undefined;
    throw LOST;
  };
}

/** Somebody else writes to the object in front of the next change. */
function changeBeforeNext(cluster: MemoryCluster, change: () => void): void {
  cluster.before = () => {
    cluster.before = undefined;
    change();
  };
}

const replicas = (cluster: MemoryCluster) => (cluster.object(WEB)?.['spec'] as { replicas: number }).replicas;
const annotations = (cluster: MemoryCluster) => cluster.object(WEB)?.metadata['annotations'] as Record<string, string>;

describe('kubernetes-scale', () => {
  test('by: a repeated attempt adds nothing, and restore puts back what was there first', async () => {
    const cluster = shop();
    loseNextAnswer(cluster);
    await expect(apply(cluster, { kind: 'kubernetes-scale', by: 2 })).rejects.toBe(LOST);
    expect(await apply(cluster, { kind: 'kubernetes-scale', by: 2 })).toBe('Deployment shop/web has 5 replicas already');
    expect(await apply(cluster, { kind: 'kubernetes-scale', replicas: 9 })).toBe('scaled Deployment shop/web from 5 to 9 replicas');
    expect(annotations(cluster)['breakwater.dev/replicas-before']).toBe('3>9');
    expect(await apply(cluster, { kind: 'kubernetes-scale', restore: true })).toBe('put Deployment shop/web back from 9 to 3 replicas');
    expect([replicas(cluster), annotations(cluster)['breakwater.dev/replicas-before']]).toEqual([3, undefined]);
    expect(await apply(cluster, { kind: 'kubernetes-scale', restore: true })).toMatch(/nothing to restore$/);
  });

  test('what somebody else changed meanwhile is looked at before anything is done', async () => {
    const cluster = shop();
    changeBeforeNext(cluster, () => cluster.put(DEPLOYMENTS, { metadata: { name: 'web', namespace: 'shop' }, spec: { replicas: 7 } }));
    expect(await apply(cluster, { kind: 'kubernetes-scale', by: 1 })).toBe('scaled Deployment shop/web from 7 to 8 replicas');
    changeBeforeNext(cluster, () =>
      cluster.put(DEPLOYMENTS, {
        metadata: { name: 'web', namespace: 'shop', annotations: { 'breakwater.dev/enabled': 'false' } },
        spec: {},
      }),
    );
    await expect(apply(cluster, { kind: 'kubernetes-scale', by: 5 })).rejects.toThrow(/has not opted in/);
  });

  test('what a person scaled meanwhile stays: by counts from there, and restore changes nothing', async () => {
    const cluster = shop();
    await apply(cluster, { kind: 'kubernetes-scale', by: 2 });
    await cluster.patch(WEB, { kind: 'merge', body: { spec: { replicas: 10 } } }, never);
    expect(await apply(cluster, { kind: 'kubernetes-scale', restore: true })).toBe(
      'Deployment shop/web has 10 replicas, not the 5 that we set: somebody else scaled it, nothing is restored',
    );
    expect(replicas(cluster)).toBe(10);
    expect(await apply(cluster, { kind: 'kubernetes-scale', by: 2 })).toBe('scaled Deployment shop/web from 10 to 12 replicas');
    expect(annotations(cluster)['breakwater.dev/replicas-before']).toBe('10>12');
    expect(await apply(cluster, { kind: 'kubernetes-scale', restore: true })).toBe('put Deployment shop/web back from 12 to 10 replicas');
  });

  test('a note of an earlier release, without what was set, holds as it did', async () => {
    const cluster = shop({ replicas: 5 }, { annotations: { 'breakwater.dev/replicas-before': '3' } });
    expect(await apply(cluster, { kind: 'kubernetes-scale', by: 2 })).toBe('Deployment shop/web has 5 replicas already');
    expect(await apply(cluster, { kind: 'kubernetes-scale', restore: true })).toBe('put Deployment shop/web back from 5 to 3 replicas');
  });

  test('never to nothing, and not by a note that somebody else wrote', async () => {
    await expect(apply(shop(), { kind: 'kubernetes-scale', by: -3 })).rejects.toThrow('had 3 replicas: with -3 there would be none left');
    const cluster = shop({}, { annotations: { 'breakwater.dev/replicas-before': 'many' } });
    await expect(apply(cluster, { kind: 'kubernetes-scale', restore: true })).rejects.toThrow(/is 'many', not a number/);
  });
});

test.each([
  [{ kind: 'kubernetes-scale', by: 1 }],
  [{ kind: 'kubernetes-restart' }],
  [{ kind: 'kubernetes-rollout-undo' }],
  [{ kind: 'kubernetes-delete-pod', notReadyFor: '1m' }],
])('%j acts only where it may', async (spec) => {
  const refused = async (cluster: MemoryCluster, more: object = {}) =>
    apply(cluster, { ...spec, ...more }).then(
      () => 'done',
      (error: Error) => error.message,
    );
  const optedOut = shop({}, { annotations: { 'breakwater.dev/enabled': 'false' } });
  expect(await refused(optedOut)).toMatch(/has not opted in: annotation breakwater.dev\/enabled of Deployment shop\/web is 'false'/);
  const silent = shop();
  silent.put(NAMESPACES, { metadata: { name: 'shop' } });
  expect(await refused(silent)).toMatch(/has not opted in: annotate Deployment shop\/web or namespace shop/);
  expect(await refused(shop(), { namespace: 'kube-system' })).toMatch(/belongs to Kubernetes/);
  expect(await refused(shop(), { namespace: 'ours' })).toMatch(/settings protect/);
  expect(await refused(shop(), { name: 'wbe' })).toBe('there is no Deployment shop/wbe');
  for (const cluster of [optedOut, silent]) expect(cluster.used.filter(({ verb }) => verb !== 'get')).toEqual([]);
});

describe('kubernetes-restart', () => {
  const restartedAt = (cluster: MemoryCluster) =>
    (cluster.object(WEB)?.['spec'] as { template: { metadata?: { annotations: Record<string, string> } } }).template.metadata?.annotations[
      'kubectl.kubernetes.io/restartedAt'
    ];

  test('an attempt after a lost answer restarts nothing; another order does', async () => {
    const cluster = shop();
    loseNextAnswer(cluster);
    await expect(apply(cluster, { kind: 'kubernetes-restart' }, 'run/1')).rejects.toBe(LOST);
    const first = cluster.object(WEB)?.metadata.resourceVersion;
    expect(restartedAt(cluster)).toMatch(/^\d{4}-.*Z$/);
    expect(await apply(cluster, { kind: 'kubernetes-restart' }, 'run/1')).toBe('Deployment shop/web was restarted by an earlier attempt');
    expect(cluster.object(WEB)?.metadata.resourceVersion).toBe(first);
    expect(await apply(cluster, { kind: 'kubernetes-restart' }, 'run/2')).toBe('restarted Deployment shop/web');
    expect(cluster.object(WEB)?.metadata.resourceVersion).not.toBe(first);
  });

  test('where a restart would do nothing it is refused', async () => {
    await expect(apply(shop({ paused: true }), { kind: 'kubernetes-restart' })).rejects.toThrow(/is paused/);
    await expect(apply(shop({ updateStrategy: { type: 'OnDelete' } }), { kind: 'kubernetes-restart' })).rejects.toThrow(/OnDelete/);
  });

  test('waitReady says what is missing', async () => {
    await expect(apply(shop(), { kind: 'kubernetes-restart', waitReady: '10ms' })).rejects.toThrow(
      'Deployment shop/web is not ready after 10ms: the controller of Deployment shop/web has not observed generation 2 yet (observed: 1)',
    );
  });
});

describe('kubernetes-rollout-undo', () => {
  const replicaSet = (revision: string, image: string, owner = 'uid-of-web') => ({
    metadata: {
      name: `web-${revision}`,
      namespace: 'shop',
      labels: { app: 'web' },
      annotations: { 'deployment.kubernetes.io/revision': revision },
      ownerReferences: [{ kind: 'Deployment', name: 'web', uid: owner, controller: true }],
    },
    spec: { template: { metadata: { labels: { app: 'web', 'pod-template-hash': revision } }, spec: { image } } },
  });
  const template = (cluster: MemoryCluster) => (cluster.object(WEB)?.['spec'] as { template: unknown }).template;

  test('puts the previous template back, once, though the answer is lost', async () => {
    const cluster = shop();
    for (const one of [replicaSet('2', 'new'), replicaSet('10', 'newest'), replicaSet('3', 'old'), replicaSet('9', 'not ours', 'another')])
      cluster.put(REPLICA_SETS, one);
    loseNextAnswer(cluster);
    await expect(apply(cluster, { kind: 'kubernetes-rollout-undo' }, 'run/1')).rejects.toBe(LOST);
    expect(template(cluster)).toEqual({ metadata: { labels: { app: 'web' } }, spec: { image: 'old' } });
    expect(await apply(cluster, { kind: 'kubernetes-rollout-undo' }, 'run/1')).toBe(
      'Deployment shop/web was rolled back by an earlier attempt',
    );
    expect(annotations(cluster)['deployment.kubernetes.io/revision']).toBe('2');
  });

  /** What the controller does with a template that it has a ReplicaSet of: it becomes the newest revision. */
  const rolledOut = (cluster: MemoryCluster, revision: string, image: string, renumbered: string) => {
    const old = replicaSet(renumbered, image);
    cluster.put(REPLICA_SETS, { ...old, metadata: { ...old.metadata, annotations: { 'deployment.kubernetes.io/revision': revision } } });
    cluster.put(DEPLOYMENTS, {
      ...cluster.object(WEB),
      metadata: { ...cluster.object(WEB)?.metadata, name: 'web', namespace: 'shop', generation: 1 },
    });
  };

  test('a second undo does not bring the bad release back', async () => {
    const cluster = shop();
    for (const one of [replicaSet('7', 'good'), replicaSet('8', 'bad')]) cluster.put(REPLICA_SETS, one);
    expect(await apply(cluster, { kind: 'kubernetes-rollout-undo' }, 'run/1')).toMatch(/^put the template of revision 7 back/);
    expect(annotations(cluster)['breakwater.dev/undone-from']).toBe('8');
    rolledOut(cluster, '9', 'good', '7');
    await expect(apply(cluster, { kind: 'kubernetes-rollout-undo' }, 'run/2')).rejects.toThrow(
      'Deployment shop/web was already rolled back from revision 8; name toRevision',
    );
    cluster.put(REPLICA_SETS, replicaSet('6', 'older'));
    expect(await apply(cluster, { kind: 'kubernetes-rollout-undo' }, 'run/3')).toMatch(/^put the template of revision 6 back/);
    expect(annotations(cluster)['breakwater.dev/undone-from']).toBe('9,8');
    rolledOut(cluster, '10', 'older', '6');
    expect(await apply(cluster, { kind: 'kubernetes-rollout-undo', toRevision: 8 }, 'run/4')).toMatch(/of revision 8 back/);
    expect(annotations(cluster)['breakwater.dev/undone-from']).toBe('10,9');
  });

  test('a release after an undo is rolled back to what was put back', async () => {
    const cluster = shop({}, { annotations: { 'breakwater.dev/undone-from': '8, of somebody' } });
    for (const [number, image] of Object.entries({ 8: 'bad', 9: 'good', 10: 'bad again' }))
      cluster.put(REPLICA_SETS, replicaSet(number, image));
    expect(await apply(cluster, { kind: 'kubernetes-rollout-undo' })).toMatch(/^put the template of revision 9 back/);
  });

  test('refuses without a previous revision, while paused, and while the newest is not known', async () => {
    const cluster = shop();
    cluster.put(REPLICA_SETS, replicaSet('2', 'new'));
    await expect(apply(cluster, { kind: 'kubernetes-rollout-undo' })).rejects.toThrow('has no previous revision; it has 2');
    await expect(apply(cluster, { kind: 'kubernetes-rollout-undo', toRevision: 7 })).rejects.toThrow('has no revision 7; it has 2');
    await expect(apply(shop({ paused: true }), { kind: 'kubernetes-rollout-undo' })).rejects.toThrow(/is paused/);
    await expect(apply(shop({}, { generation: 2 }), { kind: 'kubernetes-rollout-undo' })).rejects.toThrow(/not observed generation 2/);
  });
});

describe('argo-rollout', () => {
  const ROLLOUT = { resource: ROLLOUTS, namespace: 'shop', name: 'web' };
  const moving = { observedGeneration: '1', currentPodHash: 'new', stableRS: 'old', currentStepIndex: 1 };
  function canary(status: object): MemoryCluster {
    const cluster = shop();
    const spec = { replicas: 1, strategy: { canary: { steps: [{ setWeight: 1 }, { pause: {} }, { setWeight: 50 }] } } };
    cluster.put(ROLLOUTS, { metadata: { name: 'web', namespace: 'shop' }, spec, status });
    return cluster;
  }
  const statusOf = (cluster: MemoryCluster) => cluster.object(ROLLOUT)?.['status'] as Record<string, unknown>;

  test('promotes one step per order, though the answer is lost', async () => {
    const cluster = canary(moving);
    let changes = 0;
    cluster.after = () => {
      if (++changes === 2) throw LOST; // the first is the note
    };
    await expect(apply(cluster, { kind: 'argo-rollout', action: 'promote' }, 'run/1')).rejects.toBe(LOST);
    expect(statusOf(cluster)['currentStepIndex']).toBe(2);
    expect(await apply(cluster, { kind: 'argo-rollout', action: 'promote' }, 'run/1')).toBe(
      'Rollout shop/web was promoted from step 1; it is at step 2',
    );
    expect(await apply(cluster, { kind: 'argo-rollout', action: 'promote' }, 'run/2')).toBe('promoted Rollout shop/web to step 3 of 3');
    await expect(apply(cluster, { kind: 'argo-rollout', action: 'promote' }, 'run/3')).rejects.toThrow(/nothing to promote/);
  });

  test('past a pause: the pause is taken away, the step stays', async () => {
    const cluster = canary({ ...moving, pauseConditions: [{ reason: 'CanaryPauseStep' }] });
    expect(await apply(cluster, { kind: 'argo-rollout', action: 'promote' }, 'run/1')).toBe(
      'promoted Rollout shop/web past its pause at step 1',
    );
    expect(await apply(cluster, { kind: 'argo-rollout', action: 'promote' }, 'run/1')).toBe(
      'Rollout shop/web was promoted past its pause at step 1',
    );
    expect(statusOf(cluster)).toEqual(moving);
  });

  describe('waitReady: ready pods count once the controller has done what it was steered to', () => {
    const ready = { ...moving, replicas: 1, readyReplicas: 1 };
    /** @param writes what the controller makes of the status, if it does anything */
    async function steered(status: object, spec: object, writes?: object): Promise<string> {
      const cluster = canary({ ...ready, ...status });
      cluster.after = () => {
        const found = cluster.object(ROLLOUT);
        const seen = found?.['status'] as Record<string, unknown>;
        const isSteered = JSON.stringify(seen) !== JSON.stringify({ ...ready, ...status });
        if (!writes || !isSteered) return;
        cluster.put(ROLLOUTS, {
          ...found,
          metadata: { ...found?.metadata, name: 'web', namespace: 'shop' },
          status: { ...seen, ...writes },
        });
      };
      return apply(cluster, { kind: 'argo-rollout', waitReady: '10ms', ...spec }, 'run/1').catch((error: Error) => error.message);
    }
    const paused = { pauseConditions: [{ reason: 'CanaryPauseStep' }], controllerPause: true };

    test('abort', async () => {
      const spec = { action: 'abort' };
      expect(await steered({}, spec)).toBe('Rollout shop/web is not ready after 10ms: its controller has not aborted it yet');
      expect(await steered({}, spec, { abortedAt: '2026-01-01T00:00:00Z' })).toBe('aborted Rollout shop/web; it is ready');
      expect(await steered({}, spec, { abortedAt: '2026-01-01T00:00:00Z', readyReplicas: 0 })).toMatch(
        /0 replicas are ready, 1 are wanted$/,
      );
    });

    test('past a pause', async () => {
      const spec = { action: 'promote' };
      expect(await steered(paused, spec)).toMatch(/: its controller has not left its pause at step 1 yet$/);
      expect(await steered(paused, spec, { currentStepIndex: 2, controllerPause: false })).toMatch(
        /past its pause at step 1; it is ready$/,
      );
      expect(await steered(paused, spec, { ...paused, currentStepIndex: 2 })).toMatch(/past its pause at step 1; it is ready$/);
    });

    test('by a step', async () => {
      const spec = { action: 'promote' };
      expect(await steered({}, spec)).toMatch(/: its controller is not done with step 2 yet$/);
      expect(await steered({}, spec, { currentStepIndex: 3 })).toBe('promoted Rollout shop/web to step 2 of 3; it is ready');
      expect(await steered({}, spec, paused)).toBe('promoted Rollout shop/web to step 2 of 3; it is ready');
      expect(await steered({}, spec, { abort: true })).toMatch(/: it is aborted$/);
    });
  });

  test('undo does not bring back what was undone from', async () => {
    const cluster = canary(moving);
    const found = cluster.object(ROLLOUT);
    cluster.put(ROLLOUTS, {
      ...found,
      metadata: { name: 'web', namespace: 'shop', annotations: { 'breakwater.dev/undone-from': '8' } },
      spec: { ...(found?.['spec'] as object), selector: { matchLabels: { app: 'web' } } },
    });
    for (const number of ['8', '9'])
      cluster.put(REPLICA_SETS, {
        metadata: {
          name: `web-${number}`,
          namespace: 'shop',
          labels: { app: 'web' },
          annotations: { 'rollout.argoproj.io/revision': number },
          ownerReferences: [{ kind: 'Rollout', name: 'web', uid: 'uid-of-web', controller: true }],
        },
        spec: { template: {} },
      });
    await expect(apply(cluster, { kind: 'argo-rollout', action: 'undo' })).rejects.toThrow(/already rolled back from revision 8; name/);
  });

  test('what is stable is neither aborted nor promoted; what is aborted is not promoted', async () => {
    const stable = canary({ ...moving, stableRS: 'new' });
    expect(await apply(stable, { kind: 'argo-rollout', action: 'abort' })).toMatch(/nothing to abort$/);
    expect(await apply(stable, { kind: 'argo-rollout', action: 'promote', full: true })).toMatch(/fully promoted already$/);
    expect(stable.used.filter(({ verb }) => verb === 'patch')).toEqual([]);
    for (const full of [true, false])
      await expect(apply(canary({ ...moving, abort: true }), { kind: 'argo-rollout', action: 'promote', full })).rejects.toThrow(
        /is aborted/,
      );
  });
});

describe('kubernetes-delete-pod', () => {
  const owned = (uid: string) => [{ kind: 'ReplicaSet', name: 'x', uid, controller: true }];
  const pod = (name: string, minutes: number, more: object = {}, status: object = {}) => ({
    metadata: { name, namespace: 'shop', labels: { app: 'web' }, ownerReferences: owned('uid-of-rs'), ...more },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: new Date(Date.now() - minutes * 60_000).toISOString() }],
      ...status,
    },
  });
  function withPods(...pods: ReturnType<typeof pod>[]): MemoryCluster {
    const cluster = shop();
    cluster.put(REPLICA_SETS, {
      metadata: { name: 'rs', namespace: 'shop', labels: { app: 'web' }, ownerReferences: owned('uid-of-web') },
    });
    for (const one of pods) cluster.put(PODS, one);
    return cluster;
  }
  const left = (cluster: MemoryCluster, ...names: string[]) =>
    names.filter((name) => cluster.object({ resource: PODS, namespace: 'shop', name }) !== undefined);
  const spec = { kind: 'kubernetes-delete-pod', notReadyFor: '5m' };

  test('the longest stuck first, at most limit; an attempt after a lost answer chooses no other', async () => {
    const cluster = withPods(pod('a', 6), pod('b', 60), pod('c', 4));
    cluster.after = ({ resource }) => {
      if (resource.plural === 'pods') throw LOST;
    };
    await expect(apply(cluster, spec, 'run/1')).rejects.toBe(LOST);
    cluster.after = undefined;
    expect(left(cluster, 'a', 'b', 'c')).toEqual(['a', 'c']);
    expect(await apply(cluster, spec, 'run/1')).toBe('Deployment shop/web: pod b is gone');
    expect(left(cluster, 'a', 'b', 'c')).toEqual(['a', 'c']);
    expect(await apply(cluster, { ...spec, limit: 5 }, 'run/2')).toBe('Deployment shop/web: deleted pod a');
    expect(await apply(cluster, spec, 'run/3')).toBe('no pod of Deployment shop/web has not been ready for 5m');
  });

  test('leaves alone what is ready, finished, being deleted, opted out or not of this workload; a replacement of the same name too', async () => {
    const others = [
      pod('ready', 9, {}, { conditions: [{ type: 'Ready', status: 'True' }] }),
      pod('finished', 9, {}, { phase: 'Failed' }),
      pod('going', 9, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      pod('out', 9, { annotations: { 'breakwater.dev/enabled': 'false' } }),
      pod('foreign', 9, { ownerReferences: owned('uid-of-another') }),
      pod('untold', 9, {}, { conditions: [] }),
    ];
    const cluster = withPods(...others, pod('stuck', 9));
    cluster.before = ({ resource }) => {
      if (resource.plural === 'pods') cluster.put(PODS, pod('stuck', 0, { uid: 'another' }));
    };
    expect(await apply(cluster, { ...spec, limit: 9 })).toBe('Deployment shop/web: pod stuck is another one by now, and was left alone');
    expect(left(cluster, ...others.map(({ metadata }) => metadata.name), 'stuck')).toHaveLength(7);
  });
});

describe('kubernetes-uncordon', () => {
  const NODE = { resource: NODES, name: 'node1' };
  const cordoned = (manager: string, metadata: object = {}) => {
    const cluster = memoryCluster();
    const managedFields = [{ manager, fieldsV1: { 'f:spec': { 'f:unschedulable': {} } } }];
    cluster.put(NODES, { metadata: { name: 'node1', managedFields, ...metadata }, spec: { unschedulable: true } });
    return cluster;
  };
  const spec = { kind: 'kubernetes-uncordon', node: 'node1' };

  test('what we cordoned, with its mark; once', async () => {
    const cluster = cordoned('breakwater', { annotations: { 'breakwater.dev/cordoned-by': 'x', other: 'y' } });
    expect(await apply(cluster, spec)).toBe('uncordoned node node1');
    expect(cluster.object(NODE)).toMatchObject({ spec: {}, metadata: { annotations: { other: 'y' } } });
    expect(cluster.object(NODE)?.metadata['annotations']).not.toHaveProperty(['breakwater.dev/cordoned-by']);
    expect(await apply(cluster, spec)).toBe('node node1 is not cordoned');
  });

  test('what somebody else cordoned only by force, and where the node opted in', async () => {
    await expect(apply(cordoned('kubectl-cordon'), spec)).rejects.toThrow(/somebody else/);
    await expect(apply(cordoned('kubectl-cordon'), { ...spec, force: true })).rejects.toThrow(/has not opted in/);
    const willing = cordoned('kubectl-cordon', { annotations: { 'breakwater.dev/enabled': 'true' } });
    expect(await apply(willing, { ...spec, force: true })).toBe('uncordoned node node1');
  });

  test('asks for what its access says', async () => {
    const cluster = cordoned('breakwater');
    await apply(cluster, spec);
    expect(needsOf(remedies['kubernetes-uncordon'].access(spec))).toEqual(
      needsOf(cluster.used.map(({ verb, ...rule }) => ({ ...rule, verbs: [verb] }))),
    );
  });
});

test.each<[string, object]>([
  ['a scale without a number', { kind: 'kubernetes-scale', namespace: 'a', name: 'b' }],
  ['two numbers', { kind: 'kubernetes-scale', namespace: 'a', name: 'b', replicas: 2, by: 1 }],
  ['restore: false', { kind: 'kubernetes-scale', namespace: 'a', name: 'b', restore: false }],
  ['to nothing', { kind: 'kubernetes-scale', namespace: 'a', name: 'b', replicas: 0 }],
  ['no namespace', { kind: 'kubernetes-restart', name: 'b' }],
  ['a wait that outlives an attempt', { kind: 'kubernetes-restart', namespace: 'a', name: 'b', waitReady: '3m' }],
  ['full without promote', { kind: 'argo-rollout', namespace: 'a', name: 'b', action: 'abort', full: true }],
  ['no age of a stuck pod', { kind: 'kubernetes-delete-pod', namespace: 'a', name: 'b' }],
  ['a path as a name', { kind: 'kubernetes-restart', namespace: 'a', name: '../b' }],
])('%s is refused', (_what, spec) => expect(RemedySpec.safeParse(spec).success).toBe(false));
