import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';
import { openKubernetes } from '../../src/adapters/kubernetes/index.ts';
import { needsOf, roleFor, type AccessNeed } from '../../src/domain/kubernetes/access.ts';
import { targets } from '../../src/targets/index.ts';
import { apply, describeWithCluster, freshNamespace, images, kubectl } from '../support/cluster.ts';
import { apiAccess } from '../support/kubeconfig.ts';
import { deployment } from '../support/manifests.ts';

const never = new AbortController().signal;
const unused = {} as never;

describeWithCluster('what pod targets need of the cluster', () => {
  let namespace = '';
  let dir = '';
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'breakwater-access-'));
    namespace = await freshNamespace('access');
    await kubectl('annotate', `namespace/${namespace}`, 'breakwater.dev/enabled=true');
    await apply(deployment(namespace, 'web', 1, { image: images.bare, command: ['/pause'] }));
    await kubectl('-n', namespace, 'rollout', 'status', 'deployment/web', '--timeout=60s');
    await kubectl('-n', namespace, 'create', 'serviceaccount', 'looks');
    await kubectl('-n', namespace, 'create', 'rolebinding', 'looks', '--role=breakwater', `--serviceaccount=${namespace}:looks`);
    const { server, authority } = apiAccess();
    const token = (await kubectl('-n', namespace, 'create', 'token', 'looks')).trim();
    const kubeconfig = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c', contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }] },
      clusters: [{ name: 'c', cluster: { server: server.href, 'certificate-authority-data': Buffer.from(authority).toString('base64') } }],
      users: [{ name: 'u', user: { token } }],
    };
    await writeFile(join(dir, 'kubeconfig'), JSON.stringify(kubeconfig), { mode: 0o600 });
  }, 120_000);
  afterAll(async () => {
    await kubectl('delete', 'namespace', namespace, '--wait=false');
    await rm(dir, { recursive: true, force: true });
  });

  const grant = (needs: readonly AccessNeed[]) => apply(parse(roleFor(needs)) as object);
  const look = async (spec: { kind: string }): Promise<string> => {
    const kubernetes = openKubernetes({ kubeconfig: join(dir, 'kubeconfig'), protectedNamespaces: [] });
    const found = await targets.pod
      .discover(spec, { processes: unused, readiness: unused, kubernetes }, 'here', never)
      .catch((error: unknown) => String(error));
    if (typeof found === 'string') return found;
    return found.targets.length > 0 ? 'found' : (found.protected[0]?.why ?? 'nobody');
  };
  /** The API server hears of a changed Role with some delay. */
  const becomes = async (spec: { kind: string }, said: RegExp): Promise<string> => {
    let last = '';
    for (let attempt = 0; attempt < 50 && !said.test(last); attempt++) {
      if (attempt > 0) await delay(200);
      last = await look(spec);
    }
    return last;
  };

  test('the Role that is asked for is enough, and without any one of its verbs nobody is hit and the verb is named', async () => {
    const spec = { kind: 'pod', namespace, owner: { kind: 'Deployment', name: 'web' } };
    const needs = needsOf(targets.pod.access(spec));
    expect(needs.map(({ verb, resource }) => `${verb} ${resource}`)).toEqual([
      ...['get namespaces', 'list pods', 'get deployments', 'list replicasets'],
    ]);
    for (const missing of needs) {
      await grant(needs);
      expect(await becomes(spec, /^found$/)).toBe('found');
      await grant(needs.filter((need) => need !== missing));
      const refused = await becomes(spec, /403|is not allowed/);
      expect(refused).toMatch(new RegExp(`${missing.resource}.*(403|not allowed)`));
    }
  }, 120_000);
});
