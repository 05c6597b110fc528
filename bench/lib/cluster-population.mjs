import * as z from 'zod';
import { collectionPath, DEPLOYMENTS, NAMESPACES, NODES, PODS, REPLICA_SETS } from '../../dist/domain/kubernetes/resources.js';
import { runPool, say, until } from './pool.mjs';

const never = new AbortController().signal;
const AT_ONCE = 16;
const Created = z.object({ metadata: z.object({ uid: z.string() }) });
const IMAGE = 'nowhere.invalid/none:1';

const labels = (i) => ({
  app: 'worker',
  tier: ['a', 'b', 'c'][i % 3],
  'pod-template-hash': '5d4f7c9b8',
  'app.kubernetes.io/part-of': 'bench',
});
const container = (name) => ({
  name,
  image: IMAGE,
  command: ['/bin/worker', '--queue', 'payments'],
  env: Array.from({ length: 10 }, (_, i) => ({ name: `SETTING_${i}`, value: `value-${i}` })),
  resources: { requests: { cpu: '100m', memory: '64Mi' } },
});
const owner = (kind, name, uid) => [{ apiVersion: 'apps/v1', kind, name, uid, controller: true, blockOwnerDeletion: false }];

/** Keeps an owner that is being deleted: its controller leaves it and its pods alone, and the garbage collector too. */
const HELD = ['bench.example/held'];
const SERVICE_ACCOUNTS = { group: '', version: 'v1', plural: 'serviceaccounts' };

/** Objects without kubelets: a Deployment, its ReplicaSet, nodes, and pods that say that they run there. */
export async function populate(kubernetes, namespace, { pods, nodes }) {
  const create = (resource, body, space) => kubernetes.create(collectionPath(resource, space), body, Created, never);
  await create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const account = { resource: SERVICE_ACCOUNTS, namespace, name: 'default' };
  await until('the namespace has its account', 30_000, 200, () => kubernetes.read(account, Created, never));
  const deployment = await hold(kubernetes, create, namespace, DEPLOYMENTS, workload('Deployment', 'worker'));
  const set = workload('ReplicaSet', 'worker-1', owner('Deployment', 'worker', deployment));
  const replicaSet = await hold(kubernetes, create, namespace, REPLICA_SETS, set);
  await runPool(nodes, AT_ONCE, (i) => createNode(create, namespace, i));
  say(`${nodes} nodes made; making ${pods} pods`);
  await runPool(pods, AT_ONCE, async (i) => {
    await createPod(kubernetes, create, namespace, i, nodes, replicaSet);
    if ((i + 1) % 1_000 === 0) say(`${i + 1} pods made`);
  });
}

const workload = (kind, name, ownerReferences = []) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, labels: { app: 'worker' }, annotations: { 'breakwater.dev/enabled': 'true' }, finalizers: HELD, ownerReferences },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'worker' } },
    template: { metadata: { labels: { app: 'worker' } }, spec: { containers: [container('worker')] } },
  },
});

/** Makes an owner and begins to delete it. @returns its UID */
async function hold(kubernetes, create, namespace, resource, body) {
  const { uid } = (await create(resource, body, namespace)).metadata;
  await kubernetes.remove({ resource, namespace, name: body.metadata.name }, { uid }, never);
  return uid;
}

const nodeName = (namespace, i) => `${namespace}-node-${i}`;

async function createNode(create, namespace, i) {
  const name = nodeName(namespace, i);
  const metadata = { name, labels: { bench: namespace, 'topology.kubernetes.io/zone': `zone-${i % 3}` } };
  await create(NODES, { apiVersion: 'v1', kind: 'Node', metadata, spec: { unschedulable: true } });
}

/** The kubelet's part: a status that says that the container runs. */
async function createPod(kubernetes, create, namespace, i, nodes, uid) {
  const name = `worker-1-${String(i).padStart(5, '0')}`;
  const metadata = {
    name,
    labels: labels(i),
    annotations: { 'bench.example/checksum': 'a'.repeat(64) },
    ownerReferences: owner('ReplicaSet', 'worker-1', uid),
  };
  const spec = {
    nodeName: nodeName(namespace, i % nodes),
    containers: [container('worker')],
    automountServiceAccountToken: false,
    tolerations: [{ operator: 'Exists' }],
  };
  await create(PODS, { apiVersion: 'v1', kind: 'Pod', metadata, spec }, namespace);
  const at = new Date().toISOString();
  const condition = (type) => ({ type, status: 'True', lastTransitionTime: at });
  const status = {
    phase: 'Running',
    startTime: at,
    conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(condition),
    containerStatuses: [
      {
        name: 'worker',
        image: IMAGE,
        imageID: IMAGE,
        ready: true,
        started: true,
        restartCount: 0,
        containerID: `containerd://${name}`,
        state: { running: { startedAt: at } },
      },
    ],
  };
  await kubernetes.patch({ resource: PODS, namespace, name, subresource: 'status' }, { kind: 'merge', body: { status } }, never);
}

/** Removes what was made. Pods without a kubelet go only by force; the owners last, or the garbage collector would join in. */
export async function depopulate(kubernetes, namespace) {
  const remove = async (resource, query, space) => {
    const found = await kubernetes.list(resource, query, Named, never);
    await runPool(found.length, AT_ONCE, async (i) => {
      const { name, uid } = found[i].metadata;
      await kubernetes.remove({ resource, name, ...(space && { namespace: space }) }, { uid }, never, 0).catch(alreadyGone);
    });
  };
  await remove(PODS, { namespace }, namespace);
  await remove(NODES, { labelSelector: `bench=${namespace}` });
  for (const [resource, name] of [
    [REPLICA_SETS, 'worker-1'],
    [DEPLOYMENTS, 'worker'],
  ])
    await kubernetes
      .patch({ resource, namespace, name }, { kind: 'merge', body: { metadata: { finalizers: null } } }, never)
      .catch(alreadyGone);
  await remove(NAMESPACES, { fieldSelector: `metadata.name=${namespace}` });
}

const Named = z.object({ metadata: z.object({ name: z.string(), uid: z.string() }) });

function alreadyGone(error) {
  if (error.status !== 404 && error.status !== 409) throw error;
}
