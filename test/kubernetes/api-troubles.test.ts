import { setTimeout as sleep } from 'node:timers/promises';
import { apply, describeWithCluster } from '../support/cluster.ts';
import { deployment } from '../support/manifests.ts';
import { documentOn, Runs, until } from './harness/runs.ts';

/** Orders are answered late, and withdrawn when the hold is over. */
const slow = { timing: { baseline: '500ms', hold: '12s', recoverWithin: '60s', stableFor: '500ms' } };
const killing = { kind: 'container-process-kill', process: { argv: ['1000000'] } };

describeWithCluster('runs whose way to the API server is bad', () => {
  let runs: Runs;
  beforeAll(async () => {
    runs = await Runs.open('troubles');
    await apply(deployment(runs.namespace, 'web', 3));
  }, 90_000);
  beforeEach(() => runs.here('rollout', 'status', 'deployment/web', '--timeout=50s'), 60_000);
  afterAll(() => runs.close(), 60_000);

  test('429 with Retry-After and slow answers: it takes longer, and one pod is deleted, once', async () => {
    const before = await runs.pods();
    const id = await runs.start(documentOn(runs.namespace, 'slow', slow));
    const refused: string[] = [];
    let asked = 0;
    runs.proxy.trouble = {
      before: async ({ method, path }) => {
        await sleep(100);
        const isRefused = method === 'DELETE' ? refused.filter((other) => other === path).length < 2 : ++asked % 6 === 0;
        if (!isRefused) return undefined;
        refused.push(path);
        return { status: 429, retryAfterSeconds: 1 };
      },
    };
    const result = await runs.verdict(id);
    expect(refused.length).toBeGreaterThan(5);
    expect(['passed', 'inconclusive']).toContain(result.verdict); // how late the order was answered depends on the machine
    expect(result.leftovers).toEqual([]);
    expect(result.victims).toMatchObject([{ injection: { outcome: 'injected', effect: { proven: true } } }]);
    const now = Object.values(await runs.pods());
    expect(Object.values(before).filter((uid) => !now.includes(uid))).toHaveLength(1);
    expect(runs.proxy.asked.filter((one) => one.startsWith('DELETE'))).toHaveLength(3); // refused twice, and then done
  }, 180_000);

  test('nothing but 429 while replicas are away: stopped as blind, undone once the way is free, not passed', async () => {
    const { namespace } = runs;
    const document = documentOn(namespace, 'blocked', {
      targets: { kind: 'workload', namespace, workload: 'Deployment', name: 'web' },
      fault: { kind: 'scale-down', by: 1 },
      stopConditions: [{ probe: 'ready', below: 1 }],
      blastRadius: { maxVictims: 1, survivorsAtLeast: 0, coolDown: '0s' },
      timing: { baseline: '500ms', hold: '60s', recoverWithin: '60s', stableFor: '500ms' },
      guard: { maxBlind: '4s', maxConsecutiveErrors: 50, lease: '60s' },
    });
    const replicas = () => runs.here('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}');
    const id = await runs.start(document);
    await until('a replica is away', async () => {
      const { phase, wave } = await runs.status(id);
      return phase === 'holding' && wave === 'single' && (await replicas()) === '2';
    });
    runs.proxy.trouble = { before: () => ({ status: 429, retryAfterSeconds: 1 }) };
    await until('the run has given up', async () => (await runs.status(id)).phase === 'undoing');
    await sleep(3_000);
    expect(await replicas()).toBe('2');
    runs.proxy.trouble = {};
    expect(await runs.verdict(id)).toMatchObject({ verdict: 'aborted', rule: 'guard-blind', leftovers: [] });
    expect(await replicas()).toBe('3');
  }, 180_000);

  test('the stream of the exec that kills breaks before it says so: nobody else is killed, and the cluster decides whether it was done', async () => {
    const id = await runs.start(documentOn(runs.namespace, 'cut', { ...slow, fault: killing }));
    const cut: string[] = [];
    runs.proxy.trouble = {
      cutsExecAt: ({ path }) => {
        if (!path.includes('command=KILL')) return undefined;
        cut.push(path);
        return 'sent';
      },
    };
    const result = await runs.verdict(id);
    expect(cut).toHaveLength(1);
    expect(result).toMatchObject({ verdict: 'passed', leftovers: [] });
    const reason = expect.stringMatching(/connection ended without a status.*what the cluster shows decides/) as string;
    expect(result.victims).toMatchObject([{ injection: { outcome: 'injected', reason, effect: { proven: true } } }]);
    const restarts = '-o=jsonpath={.items[*].status.containerStatuses[0].restartCount}';
    expect((await runs.here('get', 'pods', '--selector=app=web', restarts)).split(' ').sort()).toEqual(['0', '0', '1']);
  }, 180_000);
});
