import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { accessNeedsOf } from '../../src/activities/access-rules.ts';
import { BreakwaterClient } from '../../src/client.ts';
import { kubectlResource } from '../../src/domain/traffic/resources.ts';
import { parseDocument } from '../../src/language/experiment.ts';
import { WorkerProcess } from '../crash/harness/worker.ts';
import { databaseUrl, temporalAddress } from '../support/addresses.ts';
import { kubeconfigAllowed } from '../support/allowed.ts';
import { apply, describeWithCluster, freshDir, freshNamespace, kubectl } from '../support/cluster.ts';
import { deployment } from '../support/manifests.ts';
import { routeDefinitions } from '../support/route-definitions.ts';

const [definition] = routeDefinitions as [{ metadata: { name: string } }];
const HTTP_ROUTES = kubectlResource('http-route');

describeWithCluster('a run that fences its canary on a real cluster, by a worker that may do only what it needs', () => {
  let namespace = '';
  let worker: WorkerProcess | undefined;
  let client: BreakwaterClient | undefined;

  beforeAll(async () => {
    await apply(definition);
    await kubectl('wait', '--for=condition=Established', `customresourcedefinition/${definition.metadata.name}`, '--timeout=30s');
  });
  beforeEach(async () => {
    namespace = await freshNamespace('traffic-run');
    await kubectl('annotate', 'namespace', namespace, 'breakwater.dev/enabled=true');
    const backend = (name: string, weight: number) => ({ name, port: 80, weight });
    const spec = { rules: [{ backendRefs: [backend('web', 80), backend('web-canary', 20)] }] };
    const route = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: { name: 'web', namespace }, spec };
    await apply(deployment(namespace, 'canary', 2), route);
    const now = new Date().toISOString();
    const accepted = { type: 'Accepted', status: 'True', reason: 'Accepted', message: '', lastTransitionTime: now };
    const status = { parents: [{ parentRef: { name: 'gateway' }, controllerName: 'example.com/x', conditions: [accepted] }] };
    await kubectl('patch', HTTP_ROUTES, 'web', '-n', namespace, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status }));
    await kubectl('rollout', 'status', 'deployment/canary', '-n', namespace, '--timeout=60s');
  }, 90_000);
  afterEach(async () => {
    await worker?.stop();
    await client?.close();
    await kubectl('delete', 'namespace', namespace, '--wait=false');
    [worker, client] = [undefined, undefined];
  }, 60_000);

  const weights = (): Promise<string> =>
    kubectl('get', HTTP_ROUTES, 'web', '-n', namespace, '--output=jsonpath={.spec.rules[0].backendRefs[*].weight}');

  async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const untilMs = Date.now() + 60_000;
    while (!(await isSo())) {
      if (Date.now() > untilMs) throw new Error(`in a minute it was not so: ${what}`);
      await sleep(100);
    }
  }

  /** Starts the run. @returns its id */
  async function start(traffic: object, hold: string): Promise<string> {
    const selector = 'app=canary';
    const document = {
      apiVersion: 'breakwater.dev/v1',
      kind: 'Experiment',
      metadata: { name: 'canary', owner: 'web', service: namespace, environment: namespace },
      hypothesis: 'a canary pod that is deleted is replaced, and few users are on it meanwhile',
      probes: { ready: { provider: { kind: 'kubernetes-pods', namespace, selector, metric: 'ready' }, every: '250ms' } },
      steadyState: [{ probe: 'ready', tolerance: { atLeast: 2 } }],
      stopConditions: [{ probe: 'ready', below: 1 }],
      targets: { kind: 'pod', namespace, selector },
      fault: { kind: 'pod-delete', gracePeriod: '0s' },
      traffic: { route: { kind: 'http-route', namespace, name: 'web', canary: 'web-canary' }, ...traffic },
      blastRadius: { coolDown: '0s' },
      timing: { baseline: '500ms', hold, recoverWithin: '30s', stableFor: '500ms' },
      guard: { lease: '3s', maxBlind: '10s' },
      waves: [{ name: 'dry-run', dryRun: true }, { name: 'single' }],
    };
    const rules = accessNeedsOf(parseDocument(document)).map(({ verb, ...rest }) => ({ ...rest, verbs: [verb] }));
    const taskQueue = `traffic-${randomUUID().slice(0, 8)}`;
    const env = { BREAKWATER_KUBECONFIG: await kubeconfigAllowed(namespace, rules) };
    const place = { dir: await freshDir(taskQueue), taskQueue, temporalAddress: temporalAddress(), databaseUrl: databaseUrl(), env };
    worker = await WorkerProcess.start(place, 'worker');
    client = await BreakwaterClient.connect({ connection: { address: temporalAddress() }, taskQueue });
    return (await client.startExperiment({ document, requestedBy: 'ann', seed: 7 })).workflowId;
  }

  test('the share is set while a pod of the canary is deleted, and back before the run ends', async () => {
    const id = await start({ maxShare: '5%', set: '5%' }, '4s');
    await until('somebody is hit', async () =>
      (await client!.status(id)).victims.some(({ injection }) => injection?.outcome === 'injected'),
    );
    expect(await weights()).toBe('95 5');
    expect(await client!.waitForVerdict(id, 120_000)).toMatchObject({ verdict: 'passed', leftovers: [], victims: [{ wave: 'single' }] });
    expect(await weights()).toBe('80 20');
  }, 180_000);

  test('the worker is killed while it is set and nobody comes back: the reaper gives the share back; a new worker ends the run truthfully', async () => {
    const id = await start({ maxShare: '5%', set: '5%' }, '60s');
    await until('it is set', async () => (await weights()) === '95 5');
    worker!.kill();
    await until('it is given back', async () => (await weights()) === '80 20');
    worker = await WorkerProcess.start(worker!.place, 'worker-2');
    const result = await client!.waitForVerdict(id, 120_000);
    expect(result).toMatchObject({ leftovers: [] });
    expect(result?.verdict).not.toBe('passed');
    expect(await weights()).toBe('80 20');
  }, 240_000);

  test('a canary above its cap is not hit: denied at the dry run, with the numbers', async () => {
    const id = await start({ maxShare: '5%' }, '1s');
    const result = await client!.waitForVerdict(id, 120_000);
    expect(result).toMatchObject({ verdict: 'denied', victims: [] });
    expect(result?.reason).toMatch(/the share of web-canary in http-route \S+\/web is 20% \(rules\[0\]\), and at most 5% are allowed/);
    expect(await weights()).toBe('80 20');
  }, 120_000);
});
