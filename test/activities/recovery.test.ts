import { setTimeout as delay } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createRecovery, type RecoveryInput, type RecoveryOutcome } from '../../src/activities/recovery.ts';
import { createReadiness } from '../../src/adapters/http/readiness.ts';
import { createHttp } from '../../src/adapters/http/request.ts';
import { createProbePorts } from '../../src/adapters/probes/index.ts';
import { createProcesses } from '../../src/adapters/process/index.ts';
import { parseDocument } from '../../src/language/experiment.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { anyRecords, openSystem, type System } from './system.ts';
import { kubernetes } from '../support/no-cluster.ts';

const probes = createProbePorts({ secrets: { get: () => Promise.reject(new Error('no secrets here')) }, kubernetes });
const targets = { processes: createProcesses(), readiness: createReadiness(createHttp()), kubernetes };
let system: System;
beforeAll(async () => {
  system = await openSystem();
});
afterAll(async () => {
  await probes.close();
  await system.close();
});

/** Steady state is `errors` at or below 0.001, for `stableForMs`; a runbook is called when `queue` is above 5 for half a second. */
function inputOf(changes: Partial<RecoveryInput> = {}, stableForMs = 500): RecoveryInput {
  const { errors, queue } = { errors: system.probe('errors'), queue: system.probe('queue') };
  const scale = { steps: [{ remedy: { kind: 'http-request', url: 'http://127.0.0.1:9/scale' } }] };
  const experiment = parseDocument(
    experimentDocument({
      probes: { errors, queue },
      runbooks: { scale },
      remediation: [{ when: { probe: 'queue', above: 5, for: '500ms' }, runbook: 'scale' }],
    }),
  );
  const rules = { clauses: experiment.steadyState, triggers: experiment.remediation.map(({ when }) => when), stableForMs };
  const place = { workflowId: 'run', wave: 'single', iteration: 0, phase: 'recovery' as const };
  return { experiment: { probes: experiment.probes, slo: {} }, place, rules, deadlineMs: Date.now() + 10_000, ...changes };
}

const recover = (input: RecoveryInput): Promise<RecoveryOutcome> =>
  new MockActivityEnvironment().run(createRecovery({ probes, records: anyRecords, targets }).awaitRecovery, input);

beforeEach(() => Object.assign(system.answers, { errors: 0, queue: 0 }));

test('steady state must hold for a while; a relapse begins it anew', async () => {
  const waiting = recover(inputOf());
  await delay(300);
  system.answers['errors'] = 0.5;
  await delay(300);
  const backMs = Date.now();
  system.answers['errors'] = 0;
  const seen = await waiting;
  expect(seen).toMatchObject({ kind: 'recovered' });
  expect((seen as { sinceMs: number }).sinceMs).toBeGreaterThanOrEqual(backMs - 20);
  expect(Date.now() - backMs).toBeGreaterThanOrEqual(480);
});

test('the deadline ends it, with what was outside', async () => {
  system.answers['errors'] = 0.5;
  const deadlineMs = Date.now() + 700;
  const seen = await recover(inputOf({ deadlineMs }));
  expect(seen).toMatchObject({ kind: 'deadline', outside: [{ probe: 'errors', worst: 0.5 }] });
  expect(Date.now()).toBeGreaterThanOrEqual(deadlineMs);
  expect(Date.now()).toBeLessThan(deadlineMs + 700);
});

test('a signal without an answer is not steady', async () => {
  system.answers['errors'] = undefined;
  const seen = await recover(inputOf({ deadlineMs: Date.now() + 900 }));
  expect(seen).toMatchObject({ kind: 'deadline', outside: [{ probe: 'errors', worst: null }] });
});

test('a trigger that lasts calls for its runbook', async () => {
  Object.assign(system.answers, { errors: 0.5, queue: 9 });
  const beganMs = Date.now();
  expect(await recover(inputOf())).toMatchObject({ kind: 'triggered', index: 0 });
  expect(Date.now() - beganMs).toBeGreaterThanOrEqual(450);
});

test('the verification of a step asks only its own signal', async () => {
  const asked = system.asked['queue'] ?? 0;
  const verify = inputOf({ names: ['errors'] }, 0);
  expect(await recover({ ...verify, rules: { ...verify.rules, triggers: [] } })).toMatchObject({ kind: 'recovered' });
  expect(system.asked['queue'] ?? 0).toBe(asked);
});
