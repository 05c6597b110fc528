import { MockActivityEnvironment } from '@temporalio/testing';
import { createAccessCheck } from '../../src/activities/access.ts';
import type { SitePorts } from '../../src/activities/ports.ts';
import { createPrepare, type Preparation } from '../../src/activities/prepare.ts';
import { createPreview, type Preview } from '../../src/activities/preview.ts';
import type { AccessRule } from '../../src/domain/kubernetes/access.ts';
import { accessObstacles } from '../../src/domain/kubernetes/grant.ts';
import { KubernetesError, type KubernetesPort } from '../../src/domain/kubernetes/port.ts';
import { resolveWaves } from '../../src/domain/plan.ts';
import { faults } from '../../src/faults/index.ts';
import { parseDocument } from '../../src/language/experiment.ts';
import { providers } from '../../src/probes/index.ts';
import { remedies } from '../../src/remedies/index.ts';
import { targets } from '../../src/targets/index.ts';
import { experimentDocument, scaleUp } from '../workflows/harness/document.ts';
import { kubernetes as noCluster } from '../support/no-cluster.ts';

interface Asked {
  spec: { resourceAttributes: { verb: string; group: string; resource: string; subresource?: string; namespace?: string } };
}
const USER = 'system:serviceaccount:breakwater:site-eu';

/** An API server that grants all but `refused`; keeps what it was asked, and how many questions it had at once. */
function server(refused: readonly string[] = []) {
  const world = { asked: [] as string[], most: 0, open: 0, refused: new Set(refused), failure: undefined as Error | undefined };
  const create: KubernetesPort['create'] = async (path, body, schema) => {
    if (world.failure) throw world.failure;
    if (path.endsWith('selfsubjectreviews')) return schema.parse({ status: { userInfo: { username: USER } } });
    const { verb, resource, subresource, namespace } = (body as Asked).spec.resourceAttributes;
    const name = `${verb} ${resource}${subresource ? `/${subresource}` : ''} ${namespace ?? '-'}`;
    world.asked.push(name);
    world.most = Math.max(world.most, ++world.open);
    await new Promise(setImmediate);
    world.open--;
    return schema.parse({ status: { allowed: !world.refused.has(name) } });
  };
  return { world, kubernetes: { ...noCluster, create } satisfies KubernetesPort };
}

const rule = (resource: string, verbs: string[], namespace?: string): AccessRule => ({
  group: '',
  resource,
  verbs,
  ...(namespace !== undefined && { namespace }),
});
/** Kinds that need no cluster are made to need one, so that this holds for whatever a catalogue has. */
function needCluster(): void {
  jest.spyOn(targets.process, 'access').mockReturnValue([rule('pods', ['list'], 'payments')]);
  jest.spyOn(faults['process-pause'], 'access').mockReturnValue([rule('pods/exec', ['create'], 'payments')]);
  jest.spyOn(faults['process-kill'], 'access').mockReturnValue([rule('nodes', ['get'])]);
  jest.spyOn(providers.http, 'access').mockReturnValue([rule('events', ['list'], 'payments')]);
  jest.spyOn(remedies['http-request'], 'access').mockReturnValue([rule('pods', ['list', 'delete'], 'payments')]);
}
afterEach(() => jest.restoreAllMocks());

const experiment = parseDocument(
  experimentDocument({
    waves: [{ name: 'dry-run', dryRun: true }, { name: 'single' }, { name: 'kill', fault: { kind: 'process-kill' } }],
    runbooks: scaleUp,
  }),
);
const signal = new AbortController().signal;
const needed = ['create pods/exec payments', 'delete pods payments', 'get nodes -', 'list events payments', 'list pods payments'];

test('what targets, faults of all waves, probes and repairs need is asked, each verb once', async () => {
  needCluster();
  const { world, kubernetes } = server();
  const report = await createAccessCheck(kubernetes)(experiment, signal);
  expect([...world.asked].sort()).toEqual(needed);
  expect(report?.user).toBe(USER);
  expect(report?.needs.every(({ allowed }) => allowed)).toBe(true);
  expect(accessObstacles(report!, 'x')).toEqual([]);
});

test('an experiment that needs no cluster asks nothing of one', async () => {
  const { world, kubernetes } = server();
  expect(await createAccessCheck(kubernetes)(experiment, signal)).toBeUndefined();
  expect(world.asked).toEqual([]);
});

test('no more than eight questions are open at once, however many there are', async () => {
  needCluster();
  const verbs = Array.from({ length: 30 }, (_, i) => `verb-${i}`);
  jest.spyOn(targets.process, 'access').mockReturnValue([rule('pods', verbs, 'payments')]);
  const { world, kubernetes } = server();
  await createAccessCheck(kubernetes)(experiment, signal);
  expect(world.asked.length).toBeGreaterThan(30);
  expect(world.most).toBe(8);
});

test('a yes is kept for a minute, a no is asked again at once', async () => {
  needCluster();
  let nowMs = 0;
  const { world, kubernetes } = server(['list events payments']);
  const check = createAccessCheck(kubernetes, () => nowMs);
  const asked = async (): Promise<string[]> => {
    world.asked = [];
    await check(experiment, signal);
    return world.asked.sort();
  };
  expect(await asked()).toEqual(needed);
  nowMs = 59_000;
  expect(await asked()).toEqual(['list events payments']);
  nowMs = 61_000;
  expect(await asked()).toEqual(needed);
});

test('obstacles name every missing verb, the Roles that grant it and who is to be bound', async () => {
  needCluster();
  const { kubernetes } = server(['create pods/exec payments', 'get nodes -']);
  const report = await createAccessCheck(kubernetes)(experiment, signal);
  const obstacles = accessObstacles(report!, 'payment-worker');
  expect(obstacles.map(({ tolerance }) => tolerance)).toEqual([
    'get nodes of the cluster',
    'create pods/exec in namespace payments',
    'granted',
  ]);
  const grant = obstacles.at(-1)?.why;
  expect(grant).toContain(`bind it to ${USER}`);
  expect(grant).toContain(
    'kubectl create rolebinding breakwater-payment-worker --namespace=payments --role=breakwater-payment-worker --serviceaccount=breakwater:site-eu',
  );
  expect(grant).toContain('kubectl create clusterrolebinding breakwater-payment-worker --clusterrole=breakwater-payment-worker');
  // applied a second time it must not take away what it granted the first time
  expect(grant).toMatch(/resources: \["pods"\]\n {4}verbs: \["delete","list"\]/);
});

test.each([0, 429, 503])('an API server that answers %i may come back: the activity is tried again', async (status) => {
  needCluster();
  const { world, kubernetes } = server();
  world.failure = new KubernetesError('away', status, 'NoAnswer');
  await expect(createAccessCheck(kubernetes)(experiment, signal)).rejects.toThrow('away');
});

test('credentials that are not taken, and a site without a cluster, grant nothing and say why', async () => {
  needCluster();
  const { world, kubernetes } = server();
  world.failure = new KubernetesError('POST answered 401', 401, 'Unauthorized');
  for (const [port, why] of [
    [kubernetes, 'answered 401'],
    [noCluster, 'has no cluster: set BREAKWATER_KUBECONFIG'],
  ] as const) {
    const report = await createAccessCheck(port)(experiment, signal);
    expect(report?.needs.some(({ allowed }) => allowed)).toBe(false);
    expect(accessObstacles(report!, 'x')).toEqual([
      expect.objectContaining({ tolerance: 'known', why: expect.stringContaining(why) as unknown }),
    ]);
  }
});

describe('what is missing', () => {
  /** Whoever looks at anything else than the access fails. */
  const portsOf = (kubernetes: KubernetesPort) =>
    ({
      targets: {
        kubernetes,
        get processes() {
          throw new Error('looked for victims');
        },
      },
      probes: { nowMs: Date.now },
    }) as unknown as SitePorts;

  test('is an obstacle before every wave, the dry run included: nothing is measured and nobody looked for', async () => {
    needCluster();
    const { kubernetes } = server(['list pods payments']);
    const [wave] = resolveWaves(experiment);
    const input = {
      experiment,
      wave: wave!,
      place: { workflowId: 'run', wave: wave!.name, iteration: 0, phase: 'baseline' as const },
      seed: 1,
      alreadyHit: [],
    };
    const preparation: Preparation = await new MockActivityEnvironment().run(createPrepare(portsOf(kubernetes)).prepareWave, input);
    expect(preparation.unmet[0]).toEqual({
      probe: 'access to the cluster',
      tolerance: 'list pods in namespace payments',
      why: `${USER} may not`,
    });
    expect(preparation.choice.victims).toEqual([]);
    expect(preparation.ready).toBeUndefined();
  });

  test('is shown by the plan, which looks for nobody either', async () => {
    needCluster();
    const { kubernetes } = server(['list pods payments']);
    const withoutProbes = { ...experiment, probes: {} };
    jest.spyOn(providers.http, 'access').mockReturnValue([]);
    const preview: Preview = await new MockActivityEnvironment().run(createPreview(portsOf(kubernetes)).previewWaves, withoutProbes, 1);
    expect(preview.waves).toEqual([]);
    expect(preview.access?.needs.filter(({ allowed }) => !allowed)).toEqual([expect.objectContaining({ verb: 'list', resource: 'pods' })]);
  });
});
