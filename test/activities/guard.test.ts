import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createGuard, type GuardInput, type GuardOutcome } from '../../src/activities/guard.ts';
import { createProbePorts } from '../../src/adapters/probes/index.ts';
import { guardRules } from '../../src/domain/guard.ts';
import { nextTickMs } from '../../src/activities/sampler.ts';
import { parseDocument } from '../../src/language/experiment.ts';
import type { LeasePort } from '../../src/faults/ports.ts';
import type { RecordedSample } from '../../src/records/ports.ts';
import { experimentDocument } from '../workflows/harness/document.ts';

/** A system that answers over real HTTP what the test says; undefined: it never answers. */
let rate: number | undefined = 0;
let server: Server;
let url = '';
const probes = createProbePorts({ secrets: { get: () => Promise.reject(new Error('no secrets here')) } });
let recorded: RecordedSample[] = [];
/** What the guard told its run. */
let armed: unknown[][] = [];
const records: { appendSamples(id: string, samples: readonly RecordedSample[]): Promise<void> } = {
  appendSamples: (_id: string, samples: readonly RecordedSample[]) => Promise.resolve(void recorded.push(...samples)),
};

beforeAll(async () => {
  server = createServer((_, response) => {
    if (rate !== undefined) response.end(JSON.stringify({ rate }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/errors`;
});
afterAll(async () => {
  await probes.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  rate = 0;
  recorded = [];
  armed = [];
});

function inputOf(holdMs: number, changes: Record<string, unknown> = {}): GuardInput {
  const provider = { kind: 'http', url, read: { jsonPath: '$.rate' } };
  const experiment = parseDocument(experimentDocument({ probes: { errors: { provider, every: '50ms', timeout: '200ms' } }, ...changes }));
  const { probes: signals, slo } = experiment;
  const place = { workflowId: 'run', wave: 'single', iteration: 0, phase: 'fault' as const };
  return { experiment: { probes: signals, slo }, place, rules: guardRules(experiment, { errors: 0 }), holdMs };
}

/** Runs a guard as the worker does; `heartbeats` keeps what it would leave to the next attempt. */
function guard(input: GuardInput, info: Record<string, unknown> = {}, sink = records) {
  const signal = (...sent: unknown[]): Promise<void> => Promise.resolve(void armed.push(sent));
  const withAbortSignal = (_: unknown, call: () => unknown): unknown => call();
  const client = { workflow: { getHandle: () => ({ signal }) }, withAbortSignal } as unknown as Client;
  const env = new MockActivityEnvironment(info, { client });
  const heartbeats: unknown[] = [];
  env.on('heartbeat', (details: unknown) => heartbeats.push(details));
  const outcome: Promise<GuardOutcome> = env.run(createGuard({ probes, records: sink, leases: noLeases }).guardWave, input);
  return { env, heartbeats, outcome };
}

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a guard without a reversible fault never asks. */
const noLeases = {} as LeasePort;

test('holds for as long as it was told, with what it saw', async () => {
  const beganMs = Date.now();
  const seen = await guard(inputOf(600)).outcome;
  expect(seen).toMatchObject({ kind: 'held', violations: [] });
  expect(seen.endedMs - beganMs).toBeGreaterThanOrEqual(600);
  expect(seen.endedMs - beganMs).toBeLessThan(1_500);
  expect(seen.summaries['errors']!.values).toBeGreaterThan(5);
  expect(recorded.length).toBeGreaterThan(5);
  expect(armed).toEqual([['guardArmed', 'single/0', expect.any(Number)]]);
});

test('returns at the first breach, though the records hang', async () => {
  const hanging = { appendSamples: () => new Promise<void>(() => undefined) };
  const { outcome } = guard(inputOf(60_000), {}, hanging);
  await delay(300);
  const brokenMs = Date.now();
  rate = 0.5;
  expect(await outcome).toMatchObject({ kind: 'breached', breach: { probe: 'errors', value: 0.5, blind: false } });
  expect(Date.now() - brokenMs).toBeLessThan(350); // a sampling interval, and 100 ms for the records
});

test('a source that stops to answer is blindness', async () => {
  const { outcome } = guard(inputOf(60_000, { guard: { maxBlind: '10s', maxConsecutiveErrors: 2 } }));
  await delay(300);
  rate = undefined;
  expect(await outcome).toMatchObject({ kind: 'breached', breach: { blind: true, value: null } });
});

test('no value for too long is blindness, before it ever saw', async () => {
  rate = undefined;
  const seen = await guard(inputOf(60_000, { guard: { maxBlind: '700ms', maxConsecutiveErrors: 100 } })).outcome;
  expect(seen).toMatchObject({ kind: 'breached', breach: { blind: true, rule: expect.stringContaining('gave no value') as unknown } });
});

test('leaves at once when it is cancelled, and records what it sampled', async () => {
  const { env, outcome } = guard(inputOf(60_000));
  const ended = outcome.then(
    () => 'held',
    () => Date.now(),
  );
  await delay(400);
  const cancelledMs = Date.now();
  env.cancel('CANCELLED');
  expect((await ended) as number).toBeLessThan(cancelledMs + 100);
  expect(recorded.length).toBeGreaterThan(3);
});

test('the next attempt completes the streak of the one before, and keeps its end', async () => {
  const lasting = { stopConditions: [{ probe: 'errors', above: '0.1%', for: '3s' }] };
  rate = 0.5;
  const first = guard(inputOf(60_000, lasting));
  void first.outcome.catch(() => undefined);
  await delay(1_600);
  first.env.cancel('WORKER_SHUTDOWN');
  await first.outcome.catch(() => undefined);
  const saved = first.heartbeats.at(-1) as { endMs: number };
  const resumedMs = Date.now();
  const second = await guard(inputOf(60_000, lasting), { attempt: 2, heartbeatDetails: saved }).outcome;
  expect(second.breach).toMatchObject({ rule: 'errors > 0.001 for 3 s' });
  expect(Date.now() - resumedMs).toBeLessThan(2_500);
  rate = 0;
  const late = await guard(inputOf(60_000), { attempt: 2, heartbeatDetails: { ...saved, endMs: Date.now() - 1 } }).outcome;
  expect(late.kind).toBe('held'); // an absolute end: it does not hold again
});

test('a gap after a crash is blindness, though the source answers again', async () => {
  const first = guard(inputOf(60_000, { guard: { maxBlind: '1s' } }));
  await delay(400);
  first.env.cancel('WORKER_SHUTDOWN');
  await first.outcome.catch(() => undefined);
  await delay(1_200);
  const seen = await guard(inputOf(60_000, { guard: { maxBlind: '1s' } }), { attempt: 2, heartbeatDetails: first.heartbeats.at(-1) })
    .outcome;
  expect(seen).toMatchObject({ kind: 'breached', breach: { blind: true } });
});

test('an attempt that inherits nothing has been blind since the guard was scheduled', async () => {
  const seen = await guard(inputOf(60_000), { attempt: 2, scheduledTimestampMs: Date.now() - 60_000 }).outcome;
  expect(seen).toMatchObject({ kind: 'breached', breach: { blind: true } });
});

test.each([
  [0, 100, 0, 100],
  [0, 100, 99, 100],
  [0, 100, 100, 200],
  [0, 100, 350, 400],
])('a signal begun at %i every %i ms is next due, at %i, at %i', (startMs, everyMs, nowMs, due) => {
  expect(nextTickMs(startMs, everyMs, nowMs)).toBe(due);
});
