import { apiServer, apply, askApi, describeWithCluster, freshNamespace, images, killInPod, kubectl } from '../support/cluster.ts';
import { deployment, disruptionBudget, mortal, pod } from '../support/manifests.ts';

/** What the kubelet says of a pod's one container. */
interface ContainerStatus {
  restartCount: number;
  containerID: string;
  state: { running?: { startedAt: string } };
  lastState: { terminated?: { exitCode: number; reason: string } };
}

describeWithCluster('the cluster of the tests is a real one', () => {
  let namespace = '';
  beforeAll(async () => (namespace = await freshNamespace('cluster')), 60_000);
  afterAll(() => kubectl('delete', 'namespace', namespace, '--wait=false'));

  const here = (...args: string[]) => kubectl('--namespace', namespace, ...args);
  const within = (...args: string[]) => here('exec', ...args);
  const becomes = (what: string, condition: string) => here('wait', what, `--for=${condition}`, '--timeout=30s');
  const statusOf = async (name: string): Promise<ContainerStatus> =>
    JSON.parse(await here('get', 'pod', name, '--output=jsonpath={.status.containerStatuses[0]}')) as ContainerStatus;
  const running = async (name: string, image?: string, command?: string[]) => {
    await apply(pod(namespace, name, { ...(image && { image }), ...(command && { command }) }));
    await becomes(`pod/${name}`, 'condition=Ready');
  };
  const evict = (name: string) =>
    askApi({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/pods/${name}/eviction`,
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } },
    });

  test('a deployment becomes ready, and its pods run on a node', async () => {
    await apply(deployment(namespace, 'web', 3));
    await here('rollout', 'status', 'deployment/web', '--timeout=30s');
    const nodes = (await here('get', 'nodes', '--output=jsonpath={.items[*].metadata.name}')).split(' ');
    const hosts = (await here('get', 'pods', '--selector=app=web', '--output=jsonpath={.items[*].spec.nodeName}')).split(' ');
    expect(hosts).toHaveLength(3);
    expect(nodes).toEqual(expect.arrayContaining(hosts));
  });

  test('exec runs a program in the pod and gives its output and exit code', async () => {
    await running('talks');
    expect(await within('talks', '--', 'hostname')).toBe('talks\n');
    await expect(within('talks', '--', 'sh', '-c', 'echo so it is >&2; exit 5')).rejects.toThrow(/so it is[\s\S]*exit code 5/);
  });

  test('the kubelet restarts a container whose program is killed: one restart more, another container, another start', async () => {
    await running('dies');
    const before = await statusOf('dies');
    await killInPod(namespace, 'dies', 'sleep');
    await becomes('pod/dies', 'jsonpath={.status.containerStatuses[0].restartCount}=1');
    await becomes('pod/dies', 'condition=Ready');
    const after = await statusOf('dies');
    expect(after).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 1, reason: 'Error' } } });
    expect(after.containerID).not.toBe(before.containerID);
    expect(Date.parse(after.state.running!.startedAt)).toBeGreaterThan(Date.parse(before.state.running!.startedAt));
  });

  test('the first process of a container is safe from SIGKILL from inside', async () => {
    await running('immortal');
    const startOf = async () => (await within('immortal', '--', 'cat', '/proc/1/stat')).split(' ')[21]; // clock ticks since boot
    const started = await startOf();
    await within('immortal', '--', 'sh', '-c', 'kill -9 1');
    expect(await startOf()).toBe(started);
    expect(await statusOf('immortal')).toMatchObject({ restartCount: 0 });
  });

  test('an image without a shell runs, and there is nothing to kill with', async () => {
    await running('bare', images.bare, ['/pause']);
    for (const program of ['sh', 'kill', '/bin/sh', '/bin/kill'])
      await expect(within('bare', '--', program)).rejects.toThrow(/executable file not found|no such file/);
  });

  test('an eviction that the disruption budget forbids is refused with 429, one that it allows is done', async () => {
    await apply(deployment(namespace, 'guarded', 2), disruptionBudget(namespace, 'guarded', 2));
    await here('rollout', 'status', 'deployment/guarded', '--timeout=30s');
    await becomes('poddisruptionbudget/guarded', 'jsonpath={.status.currentHealthy}=2');
    const victim = (await here('get', 'pods', '--selector=app=guarded', '--output=jsonpath={.items[0].metadata.name}')).trim();
    expect(await evict(victim)).toMatchObject({ status: 429, body: expect.stringContaining('DisruptionBudget') as string });

    await here('scale', 'deployment/guarded', '--replicas=3');
    await becomes('poddisruptionbudget/guarded', 'jsonpath={.status.disruptionsAllowed}=1');
    expect(await evict(victim)).toMatchObject({ status: 201 });
    await becomes(`pod/${victim}`, 'delete');
  });

  test("a service account's token may do what its role says and no more", async () => {
    await here('create', 'serviceaccount', 'reader');
    await here('create', 'role', 'reader', '--verb=get,list', '--resource=pods');
    await here('create', 'rolebinding', 'reader', '--role=reader', `--serviceaccount=${namespace}:reader`);
    await running('read', undefined, mortal);
    const token = (await here('create', 'token', 'reader')).trim();
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const ask = async (method: 'GET' | 'DELETE', path: string, as = token) => (await askApi({ method, path, token: as })).status;

    expect(await ask('GET', pods)).toBe(200);
    expect(await ask('DELETE', `${pods}/read`)).toBe(403);
    expect(await ask('GET', '/api/v1/namespaces/kube-system/pods')).toBe(403);
    expect([401, 403]).toContain(await ask('GET', pods, ''));
  });

  test('the API server can be taken away and comes back; pods do not notice', async () => {
    await running('unmoved');
    const before = await statusOf('unmoved');
    await apiServer('stop');
    try {
      await expect(askApi({ path: '/version' })).rejects.toThrow(/ECONNREFUSED/);
    } finally {
      await apiServer('start');
    }
    expect(await askApi({ path: '/version' })).toMatchObject({ status: 200, body: expect.stringContaining('v1.') as string });
    await becomes('pod/unmoved', 'condition=Ready');
    expect(await statusOf('unmoved')).toMatchObject({ restartCount: before.restartCount, containerID: before.containerID });
  }, 120_000);
});
