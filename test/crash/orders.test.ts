import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createFaultActivities } from '../../src/activities/faults.ts';
import { createCommands } from '../../src/adapters/command/run.ts';
import { createReadiness } from '../../src/adapters/http/readiness.ts';
import { createHttp } from '../../src/adapters/http/request.ts';
import { openLeases } from '../../src/adapters/leases/index.ts';
import { createProcesses, openJournal, openSurvivors } from '../../src/adapters/process/index.ts';
import type { Injection, Order } from '../../src/domain/order.ts';
import { processTargetId, type ProcessIdentity } from '../../src/domain/process.ts';
import { compileReaper } from '../adapters/leases/harness/site.ts';
import { currentBuild } from '../support/build.ts';
import { orderDefaults } from '../support/orders.ts';
import { until } from './harness/moments.ts';
import { stateOf, Victims } from './harness/victims.ts';
import { elsewhere, kubernetes } from '../support/no-cluster.ts';

const run = promisify(execFile);
const processes = createProcesses();
const readiness = createReadiness(createHttp());

async function identityOf(pid: number): Promise<ProcessIdentity> {
  const found = (await processes.list({ ports: [], facts: [] }, new AbortController().signal)).find(
    ({ facts }) => facts.identity.pid === pid,
  );
  if (!found) throw new Error(`no process ${pid}`);
  return found.facts.identity;
}

const orderFor = (kind: string, identity: ProcessIdentity): Order => ({
  ...orderDefaults(),
  key: `run/wave/0/${kind}/${processTargetId(identity)}`,
  fault: { kind },
  target: { kind: 'process', id: processTargetId(identity), site: 'local', name: 'a victim', labels: {}, identity: { ...identity } },
});

const canUnshare = ((): boolean => {
  try {
    execFileSync('unshare', ['--pid', '--fork', '--mount-proc', 'sh', '-c', 'echo 100 > /proc/sys/kernel/ns_last_pid'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    console.warn('SKIPPED: a really reused pid needs `unshare --pid` and a writable ns_last_pid (Linux, root)');
    return false;
  }
})();

describe('an order hits who was chosen, once, or nobody', () => {
  const compiled = compileReaper();
  afterAll(() => rm(compiled.folder, { recursive: true, force: true }));
  let dir: string;
  let victims: Victims;
  const injectWith = async (journal: string, order: Order): Promise<Injection> => {
    const ports = { processes, journal: openJournal(join(dir, journal)), commands: createCommands(process.env), ...elsewhere };
    const reaper = { entry: compiled.entry, env: { PATH: process.env['PATH'] ?? '' } };
    const place = {
      site: 'local',
      targets: { processes, readiness, kubernetes },
      survivors: openSurvivors(join(dir, 'survivors')),
      leases: openLeases(dir, reaper),
    };
    return new MockActivityEnvironment().run(createFaultActivities(ports, place).injectFault, order);
  };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'orders-'));
    victims = await Victims.start(dir, 'orders', 1, { respawn: true });
  });

  afterEach(async () => {
    await victims.end();
    await rm(dir, { recursive: true, force: true });
  });

  test('a retried kill does not hit the process that replaced the victim, not even when the journal is lost', async () => {
    const order = orderFor('process-kill', await identityOf(victims.living()[0] ?? 0));
    expect(await injectWith('journal', order)).toMatchObject({ outcome: 'injected', effect: { proven: true } });
    await until('the replacement', () => victims.living().length === 1 && victims.lives.length === 2);
    expect(await injectWith('journal', order)).toMatchObject({ outcome: 'injected' }); // the recorded answer
    expect(await injectWith('another-journal', order)).toMatchObject({ outcome: 'skipped', effect: { proven: false } });
    expect(victims.dead()).toHaveLength(1);
    expect(stateOf(victims.living()[0] ?? 0)).toMatch(/^[RSD]$/);
  });

  test.each(['process-kill', 'process-pause'])(
    '%s: a pid that belongs to somebody else now is skipped, and reported as such',
    async (kind) => {
      const living = await identityOf(victims.living()[0] ?? 0);
      const order = orderFor(kind, { ...living, startTicks: living.startTicks - 1 });
      const injection = await injectWith('journal', order);
      expect(injection).toMatchObject({ outcome: 'skipped', effect: { proven: false } });
      expect(injection.reason).toMatch(
        new RegExp(`replaced: pid ${living.pid} belongs to a process that started at tick ${living.startTicks}`),
      );
      expect(victims.dead()).toEqual([]);
      expect(stateOf(living.pid)).toMatch(/^[RSD]$/);
    },
  );

  (canUnshare ? test : test.skip)('a pid that was really reused: skipped and reported, the new owner is untouched', async () => {
    const script = resolve('test/crash/harness/order-at-reused-pid.mjs');
    const { stdout } = await run('unshare', ['--pid', '--fork', '--mount-proc', process.execPath, script, await currentBuild()], {
      timeout: 30_000,
    });
    const { samePid, state, outcomes } = JSON.parse(stdout) as { samePid: boolean; state: string; outcomes: Record<string, unknown> };
    expect({ samePid, state }).toEqual({ samePid: true, state: 'running' });
    const skipped = {
      deed: { outcome: 'skipped', reason: expect.stringMatching(/replaced: pid \d+ belongs to/) as string },
      effect: { proven: false },
      reversal: { undone: true },
    };
    expect(outcomes).toMatchObject({ 'process-kill': skipped, 'process-pause': skipped });
  });
});
