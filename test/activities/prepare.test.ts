import { setTimeout as delay } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createPrepare, type Preparation } from '../../src/activities/prepare.ts';
import type { SitePorts } from '../../src/activities/ports.ts';
import { createReadiness } from '../../src/adapters/http/readiness.ts';
import { createHttp } from '../../src/adapters/http/request.ts';
import { createProbePorts } from '../../src/adapters/probes/index.ts';
import { createProcesses } from '../../src/adapters/process/index.ts';
import { resolveWaves } from '../../src/domain/plan.ts';
import { parseDocument } from '../../src/language/experiment.ts';
import { endAll, start } from '../adapters/process/harness/children.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { anyRecords, openSystem, type System } from './system.ts';
import { kubernetes } from '../support/no-cluster.ts';

const tag = `prepare-${process.pid}`;
const probes = createProbePorts({ secrets: { get: () => Promise.reject(new Error('no secrets here')) }, kubernetes });
const http = createHttp();
const readiness = createReadiness(http);
let system: System;
beforeAll(async () => {
  system = await openSystem();
  for (const name of ['a', 'b', 'c']) await start(['sleep', '1000'], { BREAKWATER_LABELS: `run=${tag},name=${name}` });
});
afterAll(async () => {
  await endAll();
  await probes.close();
  http.close();
  await system.close();
});
beforeEach(() => Object.assign(system.answers, { errors: 0, queue: 0, extra: 0 }));

/** Watched are `errors` (steady state, stop condition) and `queue` (stop condition); `extra` is only looked at. */
function prepare(changes: Record<string, unknown> = {}): Promise<Preparation> {
  const experiment = parseDocument(
    experimentDocument({
      probes: { errors: system.probe('errors'), queue: system.probe('queue'), extra: system.probe('extra') },
      stopConditions: [
        { probe: 'errors', above: '0.1%' },
        { probe: 'queue', above: 5 },
      ],
      guard: { maxBlind: '1500ms' },
      targets: { kind: 'process', labels: { run: tag } },
      ...changes,
    }),
  );
  const wave = resolveWaves(experiment)[1]!;
  const place = { workflowId: 'run', wave: wave.name, iteration: 0, phase: 'baseline' as const };
  // Preparing injects and repairs nothing: whatever asked for these ports would fail.
  const ports = { probes, records: anyRecords, targets: { processes: createProcesses(), readiness, kubernetes } } as unknown as SitePorts;
  const input = { experiment, wave, place, seed: 7, alreadyHit: [] };
  return new MockActivityEnvironment().run(createPrepare(ports).prepareWave, input);
}

test('measures as long as the wave says, and chooses among the real processes', async () => {
  const beganMs = Date.now();
  const { unmet, baseline, choice, populationSize } = await prepare({
    timing: { baseline: '3s', hold: '100ms', recoverWithin: '2s', stableFor: '100ms' },
  });
  expect(Date.now() - beganMs).toBeGreaterThanOrEqual(3_000);
  expect(unmet).toEqual([]);
  expect(baseline.medians).toEqual({ errors: 0, queue: 0, extra: 0 });
  expect(populationSize).toBe(3);
  expect(choice.victims).toHaveLength(1);
  expect(choice.victims[0]!.labels).toMatchObject({ run: tag });
});

test('waits for the first value of every watched signal', async () => {
  system.answers['queue'] = undefined;
  const beganMs = Date.now();
  const preparing = prepare();
  await delay(700); // seven baselines
  system.answers['queue'] = 3;
  const { unmet, baseline } = await preparing;
  expect(Date.now() - beganMs).toBeGreaterThanOrEqual(700);
  expect(unmet).toEqual([]);
  expect(baseline.medians).toMatchObject({ queue: 3 });
});

test('a watched signal that never answers is an obstacle, and waited for no longer than the guard may be blind', async () => {
  system.answers['queue'] = undefined;
  const beganMs = Date.now();
  const { unmet } = await prepare();
  expect(unmet).toEqual([{ probe: 'queue', tolerance: 'has data', why: expect.stringMatching(/^no data: /) as unknown }]);
  expect(Date.now() - beganMs).toBeGreaterThanOrEqual(1_600);
  expect(Date.now() - beganMs).toBeLessThan(3_000);
});

test('a signal that nobody watches is not waited for', async () => {
  system.answers['extra'] = undefined;
  const beganMs = Date.now();
  expect(await prepare()).toMatchObject({ unmet: [] });
  expect(Date.now() - beganMs).toBeLessThan(1_500);
});

test('steady state and preconditions that do not hold are obstacles, with the numbers', async () => {
  Object.assign(system.answers, { errors: 0.5, extra: 80 });
  const { unmet } = await prepare({ preconditions: [{ probe: 'extra', tolerance: { below: 60 } }] });
  expect(unmet.map(({ probe, why }) => [probe, why])).toEqual([
    ['extra', 'median 80'],
    ['errors', 'median 0.5'],
  ]);
});

test('an incident that goes on already is an obstacle, whatever its `for` says', async () => {
  const stopConditions = [
    { probe: 'errors', above: '0.1%' },
    { probe: 'queue', above: 5, for: '10m', incident: true },
  ];
  expect((await prepare({ stopConditions })).unmet).toEqual([]);
  system.answers['queue'] = 6;
  expect((await prepare({ stopConditions })).unmet).toEqual([{ probe: 'queue', tolerance: 'no incident: ≤ 5', why: 'median 6' }]);
});

test('a signal that never moves where it must is not seen', async () => {
  const probes = {
    errors: system.probe('errors'),
    queue: { ...system.probe('queue'), mustMoveWithin: '10s' },
    extra: system.probe('extra'),
  };
  const [unmet] = (await prepare({ probes })).unmet;
  expect(unmet).toMatchObject({ probe: 'queue', tolerance: 'has data', why: expect.stringContaining('not been seen to move') as string });
});
