import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createPrepare, type Preparation } from '../../src/activities/prepare.ts';
import type { SitePorts } from '../../src/activities/ports.ts';
import { createRecovery, type RecoveryOutcome } from '../../src/activities/recovery.ts';
import { createReadiness } from '../../src/adapters/http/readiness.ts';
import { createHttp } from '../../src/adapters/http/request.ts';
import { createProbePorts } from '../../src/adapters/probes/index.ts';
import { createProcesses } from '../../src/adapters/process/index.ts';
import { resolveWaves } from '../../src/domain/plan.ts';
import type { Hit } from '../../src/domain/returns.ts';
import { READY_TARGETS } from '../../src/domain/survivors.ts';
import { parseDocument } from '../../src/language/experiment.ts';
import { until } from '../crash/harness/moments.ts';
import { Victims } from '../crash/harness/victims.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { anyRecords, openSystem, type System } from './system.ts';
import { kubernetes } from '../support/no-cluster.ts';

const READY_AFTER_MS = 2_500;
const probes = createProbePorts({ secrets: { get: () => Promise.reject(new Error('no secrets here')) }, kubernetes });
const http = createHttp();
const ports = {
  probes,
  records: anyRecords,
  targets: { processes: createProcesses(), readiness: createReadiness(http), kubernetes },
} as unknown as SitePorts;

describe('victims that are back are ready, not only running', () => {
  let dir: string;
  let app: string;
  let victims: Victims;
  let system: System;
  let n = 0;
  beforeAll(async () => {
    system = await openSystem();
    system.answers['errors'] = 0;
  });
  afterAll(async () => {
    await Promise.all([probes.close(), system.close()]);
    http.close();
  });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'comeback-'));
    app = `comeback-${process.pid}-${n++}`;
  });
  afterEach(async () => {
    await victims.end();
    rmSync(dir, { recursive: true, force: true });
  });

  const experiment = () =>
    parseDocument(
      experimentDocument({
        probes: { errors: system.probe('errors') },
        targets: { kind: 'process', labels: { app }, ready: { uptimeAtLeast: `${READY_AFTER_MS}ms` } },
      }),
    );
  const place = { workflowId: 'run', wave: 'single', iteration: 0, phase: 'recovery' as const };

  function recover(ready: number, deadlineMs: number, hit?: Hit): Promise<RecoveryOutcome> {
    const { probes: defined, slo, steadyState, targets } = experiment();
    const rules = { clauses: steadyState, triggers: [], stableForMs: 0 };
    const population = { targets, site: 'local', ready, ...(hit && { hit }) };
    const input = { experiment: { probes: defined, slo }, place, rules, deadlineMs, population };
    return new MockActivityEnvironment().run(createRecovery(ports).awaitRecovery, input);
  }

  function prepare(ready?: number): Promise<Preparation> {
    const parsed = experiment();
    const before = ready === undefined ? {} : { before: { size: ready, ready } };
    const input = { experiment: parsed, wave: resolveWaves(parsed)[1]!, place, seed: 7, alreadyHit: [], ...before };
    return new MockActivityEnvironment().run(createPrepare(ports).prepareWave, input);
  }

  /** Kills one. @returns when its replacement was started, epoch milliseconds */
  async function killOne(): Promise<number> {
    process.kill(victims.living()[0]!, 'SIGKILL');
    await until('the replacement', () => victims.lives.length === 4 && victims.living().length === 3);
    return victims.dead()[0]!.endedMs!;
  }

  const allReady = async (): Promise<void> => until('three that are ready', async () => (await prepare()).ready === 3);

  test('a replacement that runs and is not ready yet holds the next wave back, and recovery waits for it', async () => {
    victims = await Victims.start(dir, app, 3, { respawn: true });
    await allReady();
    const restartedMs = await killOne();
    const early = await prepare(3);
    const whenMs = Date.now();
    if (whenMs - restartedMs < READY_AFTER_MS)
      expect(early).toMatchObject({
        ready: 2,
        populationSize: 3,
        unready: [{ why: expect.stringMatching(/^it has been up for/) as string }],
      });
    const lookMs = Date.now();
    const seen = await recover(3, lookMs + 20_000, { ids: ['the one that was killed'], atMs: [restartedMs - 50] });
    expect(seen).toMatchObject({ kind: 'recovered' });
    const [backMs, ...more] = Object.values(seen.returns ?? {});
    expect(more).toEqual([]);
    expect(backMs).toBeGreaterThanOrEqual(restartedMs - 50);
    expect(backMs).toBeLessThanOrEqual(Date.now());
    if (lookMs - restartedMs < READY_AFTER_MS - 500) expect(backMs! - restartedMs).toBeGreaterThanOrEqual(READY_AFTER_MS - 500);
    expect((seen as { sinceMs: number }).sinceMs - restartedMs).toBeGreaterThanOrEqual(READY_AFTER_MS - 500); // asked for twice a second, and counted from when it was asked
    expect(Date.now() - restartedMs).toBeGreaterThanOrEqual(READY_AFTER_MS - 50);
    expect(await prepare(3)).toMatchObject({ ready: 3, unready: [] });
  }, 60_000);

  test('who is not ready is not chosen, and is no survivor', async () => {
    victims = await Victims.start(dir, app, 3, { respawn: true });
    await allReady();
    await killOne();
    const young = victims.living().at(-1);
    const { choice, ready } = await prepare();
    if (ready === 2) expect(choice.victims.map(({ identity }) => identity['pid'])).not.toContain(young);
    expect(choice.victims).toHaveLength(1);
  }, 60_000);

  test('a system that brings nobody back has not recovered by its deadline, and the number is named', async () => {
    victims = await Victims.start(dir, app, 3);
    await allReady();
    process.kill(victims.living()[0]!, 'SIGKILL');
    await until('the death', () => victims.living().length === 2);
    expect(await recover(3, Date.now() + 1_500)).toEqual({
      kind: 'deadline',
      outside: [{ probe: READY_TARGETS, tolerance: '≥ 3', worst: 2, count: 1 }],
    });
  }, 60_000);

  test('a population that cannot be looked at has not come back', async () => {
    victims = await Victims.start(dir, app, 1);
    const { probes: defined, slo, steadyState } = experiment();
    const population = { targets: { kind: 'process', supervisor: 'x', registry: join(dir, 'missing.json') }, site: 'local', ready: 1 };
    const rules = { clauses: steadyState, triggers: [], stableForMs: 0 };
    const input = { experiment: { probes: defined, slo }, place, rules, deadlineMs: Date.now() + 1_000, population };
    expect(await new MockActivityEnvironment().run(createRecovery(ports).awaitRecovery, input)).toMatchObject({
      kind: 'deadline',
      outside: [{ probe: READY_TARGETS, worst: null }],
    });
  });
});
