import { containing } from '../adapters/process/harness/children.ts';
import { apiServer, describeWithCluster } from '../support/cluster.ts';
import { never, pause, Stage } from './harness/faults.ts';

const FAMILY = ['sh', '-c', 'sleep 3333 & while :; do sleep 4444 & wait $!; done'];
const FAULT = { kind: 'container-process-pause', process: { argv: ['sleep', '3333'] } };

describeWithCluster('a paused process in a container of a real cluster', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = new Stage();
    await stage.begin();
  });
  afterAll(() => stage.end());

  const stateIn = async (pod: string) => (await stage.sh(pod, 'cut -d" " -f3 /proc/$(pgrep -x -f "sleep 3333")/stat')).trim();
  const watchdogsIn = async (pod: string) => Number((await stage.sh(pod, 'pgrep -f "^sh -c .* [b]reakwater-watchdog" | wc -l')).trim());

  test('it is stopped, runs again by the undo, and no watchdog is left; each twice is once', async () => {
    const target = await stage.startPod('paused', { command: FAMILY });
    const { order, fault } = stage.prepared(target, FAULT);
    const first = await fault.inject(order, never);
    expect(first).toEqual({ outcome: 'injected', atMs: expect.any(Number) as number });
    expect(await fault.effect(order, never)).toMatchObject({ proven: true });
    expect(await stateIn('paused')).toBe('T');
    expect(await fault.inject(order, never)).toEqual(first);
    const second = stage.prepared(target, FAULT);
    expect(await second.fault.inject(second.order, never)).toMatchObject({ outcome: 'skipped', reason: containing('stopped already') });
    expect(await second.fault.revert(second.order, never)).toMatchObject({ undone: true });
    expect(await stateIn('paused')).toBe('T');
    const reversal = await fault.revert(order, never);
    expect(reversal).toMatchObject({ undone: true });
    expect(await fault.revert(order, never)).toEqual(reversal);
    expect(await stateIn('paused')).toBe('S');
    expect(await watchdogsIn('paused')).toBe(0);
  });

  test('renewed, it stays stopped beyond its first lease; not renewed, it runs within the lease; then a renewal says that it is lost', async () => {
    const target = await stage.startPod('leased', { command: FAMILY });
    const { order, fault } = stage.prepared(target, FAULT, { leaseMs: 4_000 });
    const beganMs = Date.now();
    await fault.inject(order, never);
    for (let i = 0; i < 4; i++) {
      await pause(1_500);
      expect(await fault.renew?.(order, never)).toBeUndefined();
    }
    expect(Date.now() - beganMs).toBeGreaterThan(6_000);
    const renewedMs = Date.now();
    expect([await stateIn('leased'), await watchdogsIn('leased')]).toEqual(['T', 1]);
    await stage.until('it runs by itself', async () => (await stateIn('leased')) === 'S');
    expect(Date.now() - renewedMs).toBeLessThan(4_500);
    expect(await fault.renew?.(order, never)).toMatch(/runs again/);
    expect(await fault.revert(order, never)).toMatchObject({ undone: true });
  });

  test('a watchdog that somebody ended is replaced by the next renewal', async () => {
    const target = await stage.startPod('unwatched', { command: FAMILY });
    const { order, fault } = stage.prepared(target, FAULT, { leaseMs: 20_000 });
    await fault.inject(order, never);
    await stage.sh('unwatched', 'kill $(pgrep -f "^sh -c .* [b]reakwater-watchdog")');
    await stage.until('it is gone', async () => (await watchdogsIn('unwatched')) === 0);
    expect(await fault.renew?.(order, never)).toBeUndefined();
    expect(await watchdogsIn('unwatched')).toBe(1);
    expect(await fault.revert(order, never)).toMatchObject({ undone: true });
    expect(await watchdogsIn('unwatched')).toBe(0);
  });

  test('process 1 is refused, because a SIGSTOP from inside has no effect on it', async () => {
    const target = await stage.startPod('first', { command: ['sleep', '3333'] });
    const { order, fault } = stage.prepared(target, FAULT);
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped', reason: containing('SIGSTOP that is sent to process 1') });
  });

  test('worker, reaper and API server are all gone: it runs again within its lease', async () => {
    const target = await stage.startPod('alone', { command: FAMILY });
    const { order, fault } = stage.prepared(target, FAULT, { leaseMs: 6_000 });
    // the container writes down by itself how its process is, because nobody can ask while the API server is away
    await stage.sh(
      'alone',
      '(while :; do echo "$(cut -d. -f1 /proc/uptime) $(cut -d" " -f3 /proc/$(pgrep -x -f "sleep 3333")/stat)"; sleep 1; done >/tmp/log 2>&1 </dev/null &) ; true',
    );
    await fault.inject(order, never); // no reaper was ever started, and this worker does nothing more
    expect(await stateIn('alone')).toBe('T');
    await apiServer('stop');
    try {
      await expect(stateIn('alone')).rejects.toThrow();
      await pause(8_000);
    } finally {
      await apiServer('start');
    }
    const lines = await stage.until('the container can be asked', async () => {
      const text = await stage.sh('alone', 'cat /tmp/log').catch(() => '');
      return text.trim().split('\n').length > 6 && text.trim().split('\n');
    });
    const states = lines.map((line) => line.split(' '));
    const stoppedAt = Number(states.find(([, state]) => state === 'T')?.[0]);
    const runsAt = Number(states.find(([at, state]) => Number(at) > stoppedAt && state === 'S')?.[0]);
    expect(runsAt - stoppedAt).toBeGreaterThanOrEqual(4);
    expect(runsAt - stoppedAt).toBeLessThanOrEqual(7); // by a clock of whole seconds that looks once a second
    expect(await fault.revert(order, never)).toMatchObject({ undone: true });
  }, 120_000);
});
