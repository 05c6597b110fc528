import { apply, describeWithCluster } from '../support/cluster.ts';
import { deployment, disruptionBudget } from '../support/manifests.ts';
import { documentOn, Runs, until } from './harness/runs.ts';

describeWithCluster('runs on a real cluster', () => {
  let runs: Runs;
  beforeAll(async () => {
    runs = await Runs.open('runs');
    await apply(deployment(runs.namespace, 'web', 3));
    await runs.here('rollout', 'status', 'deployment/web', '--timeout=50s');
  }, 90_000);
  afterAll(() => runs.close(), 60_000);

  const allReady = () => runs.here('rollout', 'status', 'deployment/web', '--timeout=50s');
  const changes = () => runs.proxy.asked.filter((asked) => /^DELETE |^PATCH |\/eviction/.test(asked));

  test('a verb is missing: denied before the first wave, naming the verb and the Role that grants it; nobody is touched', async () => {
    const before = await runs.pods();
    const id = await runs.start(documentOn(runs.namespace, 'verbless'), ({ verb }) => verb === 'delete');
    const result = await runs.verdict(id);
    expect(result).toMatchObject({ verdict: 'denied', rule: 'denied', victims: [] });
    expect(result.reason).toContain(`not before wave dry-run: access to the cluster (delete pods in namespace ${runs.namespace})`);
    expect(result.reason).toMatch(/kind: Role\n[^]*name: breakwater-verbless[^]*resources: \[.?pods.?\][^]*delete/);
    expect(changes()).toEqual([]);
    expect(await runs.pods()).toEqual(before);
  }, 90_000);

  test('a budget without headroom: denied by its name before anything is done, and no eviction is asked for', async () => {
    await apply(disruptionBudget(runs.namespace, 'web', 3));
    await runs.here('wait', 'poddisruptionbudget/web', '--for=jsonpath={.status.currentHealthy}=3', '--timeout=30s');
    const before = await runs.pods();
    try {
      const result = await runs.verdict(await runs.start(documentOn(runs.namespace, 'budgeted', { fault: { kind: 'pod-evict' } })));
      expect(result).toMatchObject({ verdict: 'denied', rule: 'denied', victims: [] });
      expect(result.reason).toMatch(
        /wave dry-run is not run: pod runs-\w+\/web-\S+ \(main\) must not be evicted: budget runs-\w+\/web allows 0 disruptions: 3 of 3 pods healthy, 3 wanted/,
      );
      expect(changes()).toEqual([]);
      expect(await runs.pods()).toEqual(before);
    } finally {
      await runs.here('delete', 'poddisruptionbudget', 'web');
    }
  }, 90_000);

  test('the worker dies right after the pod was deleted, before it hears so: the next one deletes nobody else', async () => {
    const before = await runs.pods();
    const id = await runs.start(documentOn(runs.namespace, 'crashed'));
    let died = false;
    runs.proxy.trouble = {
      after: ({ method }) => {
        if (method !== 'DELETE' || died) return;
        died = true;
        runs.kill();
      },
    };
    await until('the pod is deleted and the worker dead', () => died);
    await runs.startWorker();
    const result = await runs.verdict(id);
    expect(result).toMatchObject({ leftovers: [] });
    expect(result.victims).toMatchObject([{ injection: { outcome: 'injected', effect: { proven: true } } }]);
    expect(['passed', 'aborted', 'inconclusive']).toContain(result.verdict); // how much the crash hid from the guard depends on the machine
    await allReady();
    const now = Object.values(await runs.pods());
    expect(Object.values(before).filter((uid) => !now.includes(uid))).toHaveLength(1);
    expect(changes()).toHaveLength(1);
  }, 120_000);

  test('a pod that was replaced between the choice and the kill is left alone, and the run does not pass', async () => {
    const { spec, ...rest } = deployment(runs.namespace, 'named', 3) as { spec: object };
    await apply({ ...rest, kind: 'StatefulSet', spec: { ...spec, serviceName: 'named', podManagementPolicy: 'Parallel' } });
    await runs.here('rollout', 'status', 'statefulset/named', '--timeout=50s');
    const uidOf = (pod: string) => runs.here('get', 'pod', pod, '--ignore-not-found', '-o', 'jsonpath={.metadata.uid}');
    const document = documentOn(runs.namespace, 'replaced', {
      targets: { kind: 'pod', namespace: runs.namespace, selector: 'app=named' },
      guard: { maxBlind: '50s', maxConsecutiveErrors: 100 },
    });
    const id = await runs.start(document);
    let [victim, replacement] = ['', ''];
    const replace = async (): Promise<void> => {
      const chosen = (await runs.status(id)).events.findLast(({ kind }) => kind === 'victims-chosen');
      victim = (chosen?.data['victims'] as { identity: { pod: string } }[])[0]!.identity.pod;
      const uid = await uidOf(victim);
      await runs.here('delete', 'pod', victim, '--grace-period=0', '--force');
      await until('a pod of the same name', async () => (replacement = await uidOf(victim)) !== '' && replacement !== uid);
    };
    let replacing: Promise<void> | undefined;
    runs.proxy.trouble = {
      // no order is given before the guard sees, and it sees nothing before the pod was replaced
      before: async () => {
        if (!replacing) {
          const { phase, wave } = await runs.status(id);
          if (phase !== 'arming' || wave !== 'single') return undefined;
          replacing ??= replace();
        }
        await replacing;
        return undefined;
      },
    };
    const result = await runs.verdict(id);
    expect(result).toMatchObject({ verdict: 'invalid', rule: 'no-effect', leftovers: [] });
    expect(result.victims).toMatchObject([
      { injection: { outcome: 'skipped', reason: expect.stringContaining('is another now') as string } },
    ]);
    expect(await uidOf(victim)).toBe(replacement);
  }, 120_000);

  test('replicas go after the approval: it is void, with both numbers, and nobody is touched', async () => {
    const id = await runs.start(
      documentOn(runs.namespace, 'approved', { approvals: { required: 1 }, steadyState: [{ probe: 'ready', tolerance: { atLeast: 1 } }] }),
    );
    await until('it waits', async () => (await runs.status(id)).awaiting !== undefined);
    const { digest, awaitingFor } = await runs.status(id);
    expect(awaitingFor).toMatchObject({ all: 3, waves: { single: 3 } });
    try {
      await runs.here('scale', 'deployment/web', '--replicas=2');
      await until('two are left', async () => Object.keys(await runs.pods()).length === 2);
      const before = await runs.pods();
      await runs.approve(id, digest!);
      const result = await runs.verdict(id);
      expect(result).toMatchObject({ verdict: 'denied', rule: 'denied', victims: [] });
      expect(result.reason).toMatch(/approval is void: it was given for 3 targets .* 2 are left; .* is 20%, so that 3 must be/);
      expect(changes()).toEqual([]);
      expect(await runs.pods()).toEqual(before);
    } finally {
      await runs.here('scale', 'deployment/web', '--replicas=3');
    }
  }, 120_000);
});
