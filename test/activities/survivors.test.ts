import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createFaultActivities } from '../../src/activities/faults.ts';
import { createCommands } from '../../src/adapters/command/run.ts';
import { createReadiness } from '../../src/adapters/http/readiness.ts';
import { createHttp } from '../../src/adapters/http/request.ts';
import { createProcesses, openJournal, openSurvivors } from '../../src/adapters/process/index.ts';
import type { Injection, Order, Spec } from '../../src/domain/order.ts';
import type { Target } from '../../src/domain/target.ts';
import type { FaultPorts } from '../../src/faults/ports.ts';
import { targets } from '../../src/targets/index.ts';
import { MemoryLeases } from '../support/leases.ts';
import { orderDefaults } from '../support/orders.ts';
import { until } from '../crash/harness/moments.ts';
import { Victims } from '../crash/harness/victims.ts';
import { elsewhere, kubernetes } from '../support/no-cluster.ts';

const never = new AbortController().signal;
const http = createHttp();
afterAll(() => http.close());

describe('the survivor floor, at the instant of the deed, on real processes', () => {
  let dir: string;
  let app: string;
  let victims: Victims;
  let n = 0;
  const stage = async (count: number, options: { respawn?: boolean; ignoreSigterm?: boolean } = {}): Promise<Target[]> => {
    victims = await Victims.start(dir, app, count, options);
    return population();
  };
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'survivors-'));
    app = `survivors-${process.pid}-${n++}`;
  });
  afterEach(async () => {
    await victims.end();
    rmSync(dir, { recursive: true, force: true });
  });

  /** A worker of the machine: all share the folder of state, and nothing else. */
  const worker = (change: Partial<FaultPorts> = {}, site = 'local') => {
    const processes = createProcesses();
    const ports: FaultPorts = {
      processes,
      journal: openJournal(join(dir, 'journal')),
      commands: createCommands(process.env),
      ...elsewhere,
      ...change,
    };
    const place = {
      site,
      targets: { processes, readiness: createReadiness(http), kubernetes },
      survivors: openSurvivors(join(dir, 'survivors')),
      leases: new MemoryLeases(),
    };
    return createFaultActivities(ports, place);
  };
  const spec = (): Spec => ({ kind: 'process', labels: { app } });
  const population = async (): Promise<Target[]> =>
    (await targets.process.discover(spec(), { processes: createProcesses(), readiness: createReadiness(http), kubernetes }, 'local', never))
      .targets;
  const orderFor = (target: Target, atLeast: number, change: Partial<Order> = {}): Order => ({
    ...orderDefaults(),
    key: `run/wave/0/${target.id}`,
    fault: { kind: 'process-kill' },
    target,
    survivors: { targets: spec(), atLeast },
    ...change,
  });
  const inject = (order: Order, by = worker()): Promise<Injection> => new MockActivityEnvironment().run(by.injectFault, order);
  const revert = (order: Order) => new MockActivityEnvironment().run(worker().revertFault, order);

  test('enough are left: it is done; one too few: it is refused, with the numbers, and a retry gets the same answer', async () => {
    const [a, b] = await stage(3);
    expect(await inject(orderFor(a!, 2))).toMatchObject({ outcome: 'injected', effect: { proven: true } });
    const refused = await inject(orderFor(b!, 2));
    expect(refused).toMatchObject({ outcome: 'skipped', effect: { proven: false } });
    expect(refused.reason).toBe('the signal was refused: the survivor floor: 1 of 2 would be left alive and ready, 2 must be');
    expect(await inject(orderFor(b!, 2))).toMatchObject({ outcome: 'skipped', reason: refused.reason! });
    expect(await inject(orderFor(a!, 2))).toMatchObject({ outcome: 'injected' }); // the recorded deed, whatever the floor says now
    expect(victims.dead()).toHaveLength(1);
  });

  test('two orders race in two workers while a third member dies by itself: one deed at most, and the floor holds', async () => {
    const [a, b, c, d] = await stage(4);
    const racing = [inject(orderFor(a!, 2), worker()), inject(orderFor(b!, 2), worker())];
    process.kill(Number(c!.identity['pid']), 'SIGKILL');
    const outcomes = (await Promise.all(racing)).map(({ outcome }) => outcome);
    // whoever died first: after each deed two were left, so both deeds and the death together are one too many only when the death came last
    const deeds = outcomes.filter((outcome) => outcome === 'injected').length;
    await until('the deaths', () => victims.dead().length === deeds + 1);
    const byUs = victims.dead().filter(({ pid }) => pid !== c!.identity['pid']);
    expect(byUs).toHaveLength(deeds);
    const diedMs = victims.dead().find(({ pid }) => pid === c!.identity['pid'])!.endedMs!;
    if (deeds === 2) expect(Math.min(...byUs.map(({ endedMs }) => endedMs!))).toBeLessThanOrEqual(diedMs + 50);
    expect(victims.living()).toContain(d!.identity['pid']);
  });

  test('a member that died by itself before is no survivor, and neither is one that is stopped', async () => {
    const [a, b, c] = await stage(3);
    process.kill(Number(b!.identity['pid']), 'SIGSTOP');
    await until('the stop', () => victims.stopped().length === 1);
    expect(await inject(orderFor(a!, 2))).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringMatching(/1 of 3 would be left/) as string,
    });
    process.kill(Number(b!.identity['pid']), 'SIGCONT');
    process.kill(Number(c!.identity['pid']), 'SIGKILL');
    await until('the death', () => victims.dead().length === 1);
    expect(await inject(orderFor(a!, 2, { key: 'again' }))).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringMatching(/1 of 2/) as string,
    });
    expect(victims.dead()).toHaveLength(1);
  });

  test.each([
    ['in one worker', 1],
    ['in three workers', 3],
  ])('ten orders at once, %s: as many deeds as the floor allows, not one more', async (_name, count) => {
    const all = await stage(10);
    const workers = Array.from({ length: count }, () => worker());
    const answers = await Promise.all(all.map((target, i) => inject(orderFor(target, 7), workers[i % count])));
    expect(answers.filter(({ outcome }) => outcome === 'injected')).toHaveLength(3);
    await until('the deaths', () => victims.dead().length >= 3);
    await delay(100);
    expect(victims.living()).toHaveLength(7);
    for (const { reason } of answers.filter(({ outcome }) => outcome === 'skipped'))
      expect(reason).toMatch(/6 of \d+ would be left.*, 7 must be/);
  });

  test('a victim that was hit and does not end yet counts as gone', async () => {
    const [a, b] = await stage(3, { ignoreSigterm: true });
    const gentle = { fault: { kind: 'process-kill', signal: 'SIGTERM', effectWithin: '100ms' } };
    expect(await inject(orderFor(a!, 2, gentle))).toMatchObject({ outcome: 'injected', effect: { proven: false } });
    expect(victims.living()).toHaveLength(3);
    expect(await inject(orderFor(b!, 2))).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringMatching(/1 more was hit just now/) as string,
    });
  });

  test('a paused victim counts again once it was resumed', async () => {
    const [a, b] = await stage(2);
    const pause = (target: Target): Order => orderFor(target, 1, { fault: { kind: 'process-pause' } });
    expect(await inject(pause(a!))).toMatchObject({ outcome: 'injected', effect: { proven: true } });
    expect(await inject(pause(b!))).toMatchObject({ outcome: 'skipped' });
    expect(await revert(pause(b!))).toMatchObject({ undone: true });
    expect(await revert(pause(a!))).toMatchObject({ undone: true });
    expect(await inject({ ...pause(b!), key: 'again' })).toMatchObject({ outcome: 'injected' });
    expect(await revert({ ...pause(b!), key: 'again' })).toMatchObject({ undone: true });
  });

  test('a service is not stopped either', async () => {
    const [a] = await stage(2);
    const argv = (...rest: string[]): string[] => ['sh', '-c', rest.join(' ')];
    const fault = { kind: 'service-stop', stop: argv('touch', join(dir, 'stopped')), start: argv('true'), status: argv('true') };
    expect(await inject(orderFor(a!, 2, { fault }))).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringMatching(/survivor floor/) as string,
    });
    expect(victims.living()).toHaveLength(2);
    await expect(
      createCommands(process.env).run({ argv: ['test', '-e', join(dir, 'stopped')], timeoutMs: 5_000 }, never),
    ).resolves.toMatchObject({
      exitCode: 1,
    });
  });

  test('an attempt that was cut off after its deed is settled, not called refused; one before its deed does not act any more', async () => {
    const [a, b] = await stage(3);
    const processes = createProcesses();
    const dies = (when: 'before' | 'after'): FaultPorts['processes'] => ({
      ...processes,
      signal: async (...args) => {
        if (when === 'after') await processes.signal(...args);
        throw new Error('the worker died here');
      },
    });
    await expect(inject(orderFor(a!, 2), worker({ processes: dies('after') }))).rejects.toThrow('died here');
    await expect(inject(orderFor(b!, 1), worker({ processes: dies('before') }))).rejects.toThrow('died here');
    await until('the death', () => victims.dead().length === 1);
    // the floor is met by nobody's leave now: 2 live, and both orders come again
    expect(await inject(orderFor(a!, 3))).toMatchObject({ outcome: 'injected', reason: expect.stringMatching(/cut off/) as string });
    expect(await inject(orderFor(b!, 2))).toMatchObject({ outcome: 'skipped', reason: expect.stringMatching(/survivor floor/) as string });
    expect(victims.dead()).toHaveLength(1);
  });

  test('a floor that cannot be checked refuses', async () => {
    const [a] = await stage(2);
    const targetsOf = { kind: 'process', supervisor: 'x', registry: join(dir, 'missing.json') };
    expect(await inject(orderFor(a!, 1, { survivors: { targets: targetsOf, atLeast: 1 } }))).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringMatching(/the survivor floor cannot be checked: registry .*missing\.json cannot be read/) as string,
    });
    expect(victims.dead()).toEqual([]);
  });

  test('running is not ready: a member that is up but not ready is no survivor', async () => {
    const [a] = await stage(2);
    const notReady = { targets: { ...spec(), ready: { uptimeAtLeast: '1h' } }, atLeast: 1 };
    expect(await inject(orderFor(a!, 1, { survivors: notReady }))).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringMatching(/0 of 2/) as string,
    });
    expect(victims.dead()).toEqual([]);
  });

  test('an order for another site is refused, whoever sent it', async () => {
    const [a] = await stage(2);
    expect(await inject(orderFor(a!, 1), worker({}, 'eu-1'))).toMatchObject({
      outcome: 'skipped',
      reason: 'the order is for site local, and this worker serves site eu-1',
    });
    expect(victims.dead()).toEqual([]);
  });
});
