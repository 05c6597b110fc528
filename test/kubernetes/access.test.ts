import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { createPrepare, type Preparation } from '../../src/activities/prepare.ts';
import { createPreview, type Preview } from '../../src/activities/preview.ts';
import type { SitePorts } from '../../src/activities/ports.ts';
import { openKubernetes } from '../../src/adapters/kubernetes/index.ts';
import { createProbePorts } from '../../src/adapters/probes/index.ts';
import { grantOf } from '../../src/domain/kubernetes/grant.ts';
import { resolveWaves } from '../../src/domain/plan.ts';
import { parseDocument } from '../../src/language/experiment.ts';
import { apply, describeWithCluster, freshNamespace, images, kubeconfig, kubectl } from '../support/cluster.ts';
import { describeWithHelm, render, siteWith } from '../deploy/helm.ts';

const KIT = 'examples/starter-kit';
interface Kubeconfig {
  clusters: { name: string; cluster: object }[];
}
interface Role {
  kind: string;
  rules: { resources: string[]; verbs: string[] }[];
}

/** The kit's documents, in a namespace of the test and with an image that its nodes have. */
async function documentsIn(namespace: string, file: string): Promise<object[]> {
  const text = (await readFile(join(KIT, file), 'utf8'))
    .replaceAll('payments-canary', namespace)
    .replaceAll('busybox:1.36.1', images.shell);
  return parseAllDocuments(text).map((document) => document.toJS() as object);
}

describeWithCluster('access in a real cluster, with the starter kit', () => {
  let [namespace, folder, user] = ['', '', ''];
  let kubernetes: ReturnType<typeof openKubernetes>;
  let document: object;

  beforeAll(async () => {
    namespace = await freshNamespace('access');
    folder = await mkdtemp(join(tmpdir(), 'breakwater-access-'));
    [document = {}] = await documentsIn(namespace, 'wave-0.yaml');
    user = `system:serviceaccount:${namespace}:site`;
    const workers = [
      ...(await documentsIn(namespace, 'cluster/1-namespace.yaml')),
      ...(await documentsIn(namespace, 'cluster/2-payment-worker.yaml')),
    ];
    await apply(...workers, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'site', namespace } });
    const [role, name] = [
      (await documentsIn(namespace, 'cluster/3-rbac.yaml')).find((object) => (object as Role).kind === 'Role') as Role,
      'incomplete',
    ];
    const rules = role.rules.filter(({ resources }) => !resources.includes('pods/exec'));
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name, namespace } };
    await apply(
      { ...rbac, kind: 'Role', rules },
      { ...rbac, kind: 'RoleBinding', roleRef, subjects: [{ kind: 'ServiceAccount', name: 'site', namespace }] },
    );
    for (const each of ['payment-worker', 'payment-worker-canary'])
      await kubectl('-n', namespace, 'rollout', 'status', `deployment/${each}`, '--timeout=60s');
    kubernetes = openKubernetes({ kubeconfig: await kubeconfigOf(namespace, folder), protectedNamespaces: [] });
  }, 180_000);
  afterAll(async () => {
    await kubectl('delete', 'namespace', namespace, '--wait=false');
    await rm(folder, { recursive: true, force: true });
  });

  const experiment = () => parseDocument({ ...document, timing: { baseline: '1s', hold: '1s', recoverWithin: '5s', stableFor: '1s' } });
  const ports = () => {
    const probes = createProbePorts({ secrets: { get: () => Promise.reject(new Error('no secrets here')) }, kubernetes });
    const records = { appendSamples: () => Promise.resolve() };
    return { probes, records, targets: { kubernetes } } as unknown as SitePorts;
  };
  const prepare = (site: SitePorts): Promise<Preparation> => {
    const [wave] = resolveWaves(experiment());
    const place = { workflowId: 'run', wave: wave!.name, iteration: 0, phase: 'baseline' as const };
    return new MockActivityEnvironment().run(createPrepare(site).prepareWave, {
      experiment: experiment(),
      wave: wave!,
      place,
      seed: 1,
      alreadyHit: [],
    });
  };

  test('a ServiceAccount without a verb is refused before Wave 0, and let in once the Role that was named is applied', async () => {
    const { unmet, choice } = await prepare(ports());
    const missing = ['create pods/exec', 'get pods/exec'].map((verb) => `${verb} in namespace ${namespace}`);
    expect(unmet.map(({ tolerance }) => tolerance)).toEqual([...missing, 'granted']);
    expect(unmet[0]?.why).toBe(`${user} may not`);
    expect(choice.victims).toEqual([]);

    const preview: Preview = await new MockActivityEnvironment().run(createPreview(ports()).previewWaves, experiment(), 1);
    expect(preview.access).toMatchObject({ user });
    const grant = grantOf(preview.access!, experiment().metadata.name)!;
    await apply(...parseAllDocuments(grant.roles).map((role) => role.toJS() as object));
    for (const command of grant.commands) await kubectl(...command.split(' ').slice(1));

    const now = await prepare(ports());
    expect(now.unmet).toEqual([]);
    expect(now.populationSize).toBe(4);
    expect(now.choice.victims).toHaveLength(1);
  }, 60_000);
});

/** What a person makes of a token: the cluster's address, and nobody else's credentials. */
async function kubeconfigOf(namespace: string, folder: string): Promise<string> {
  const token = (await kubectl('-n', namespace, 'create', 'token', 'site', '--duration=1h')).trim();
  const { clusters } = parse(await readFile(kubeconfig(), 'utf8')) as Kubeconfig;
  const context = { name: 'site', context: { cluster: clusters[0]?.name, user: 'site' } };
  const file = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'site',
    clusters,
    contexts: [context],
    users: [{ name: 'site', user: { token } }],
  };
  await writeFile(file, stringify(config), { mode: 0o600 });
  return file;
}

describeWithCluster('the chart in a real cluster', () => {
  describeWithHelm('rendered', () => {
    test('the API server takes every object that the chart makes', async () => {
      const namespace = await freshNamespace('chart');
      try {
        const objects = render(siteWith({ namespaces: [namespace], probes: ['kubernetes-pods'], remedies: ['kubernetes-scale'] })).map(
          (object) => ({
            ...object,
            metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace },
          }),
        );
        await writeFile(join(tmpdir(), `${namespace}.json`), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
        const said = await kubectl('apply', '--dry-run=server', '--validate=strict', '-f', join(tmpdir(), `${namespace}.json`));
        expect(said.trim().split('\n')).toHaveLength(objects.length);
        expect(said).not.toMatch(/warning/i);
      } finally {
        await rm(join(tmpdir(), `${namespace}.json`), { force: true });
        await kubectl('delete', 'namespace', namespace, '--wait=false');
      }
    }, 60_000);
  });
});
