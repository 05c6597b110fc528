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
import { kubernetes } from '../support/no-cluster.ts';

/** A system that answers over real HTTP what the test says; undefined: it never answers. */
let rate: number | undefined = 0;
let server: Server;
let url = '';
const probes = createProbePorts({ secrets: { get: () => Promise.reject(new Error('no secrets here')) }, kubernetes });
let recorded: RecordedSample[] = [];
/** What the guard told its run. */
let armed: unknown[][] = [];
/** What its run says when it is asked whether it holds. */
let answerOf: (asked: unknown[]) => Promise<boolean> = () => Promise.resolve(false);
/** How far the server's clock is ahead; undefined: it tells no time. */
let aheadMs: number | undefined = 0;
const records: { appendSamples(id: string, samples: readonly RecordedSample[]): Promise<void> } = {
  appendSamples: (_id: string, samples: readonly RecordedSample[]) => Promise.resolve(void recorded.push(...samples)),
};

beforeAll(async () => {
  server = createServer((_, response) => {
    response.sendDate = false;
    if (aheadMs !== undefined) response.setHeader('date', new Date(Date.now() + aheadMs).toUTCString());
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
  aheadMs = 0;
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
  const query = (...asked: unknown[]): Promise<boolean> => answerOf(asked);
  const withAbortSignal = (_: unknown, call: () => unknown): unknown => call();
  const client = {
    workflow: { getHandle: () => ({ signal, query }) },
    withAbortSignal,
    withDeadline: withAbortSignal,
  } as unknown as Client;
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

const awaited = (holdMs: number): GuardInput => ({ ...inputOf(holdMs), isHoldAwaited: true });

test('the hold begins when the run says so; a run that does not answer is asked again', async () => {
  let asked = 0;
  let saidMs = Infinity;
  answerOf = (question) => {
    expect(question).toEqual(['isHolding', 'single/0']);
    if (++asked < 4) return asked === 2 ? Promise.reject(new Error('no worker has this run')) : Promise.resolve(false);
    saidMs = Math.min(saidMs, Date.now());
    return Promise.resolve(true);
  };
  const seen = await guard(awaited(400)).outcome;
  expect(seen.kind).toBe('held');
  expect(seen.endedMs - saidMs).toBeGreaterThanOrEqual(395); // two clocks of one machine, each in whole milliseconds
  expect(asked).toBe(4);
});

test('the next guard asks on where the hold had not begun, and where it had ends when it was to end', async () => {
  answerOf = () => Promise.resolve(false);
  const leave = async ({ env, heartbeats, outcome }: ReturnType<typeof guard>) => {
    await delay(600);
    env.cancel('WORKER_SHUTDOWN');
    const details = await outcome.then(
      () => [],
      (cause: unknown) => (cause as { details: unknown[] }).details,
    );
    expect(heartbeats.length).toBeGreaterThan(0);
    return details[0] as NonNullable<GuardInput['resume']>;
  };
  const waiting = await leave(guard(awaited(1_000)));
  expect(waiting).not.toHaveProperty('hasBegun');
  answerOf = () => Promise.resolve(true);
  const holding = await leave(guard({ ...awaited(1_000), resume: waiting }));
  expect(holding.hasBegun).toBe(true);
  expect(holding.endMs).toBeGreaterThan(waiting.endMs!);
  answerOf = () => Promise.reject(new Error('it is not asked again'));
  const seen = await guard({ ...awaited(1_000), resume: holding }).outcome;
  expect(seen.kind).toBe('held');
  expect(seen.endedMs).toBeGreaterThanOrEqual(holding.endMs!);
  expect(seen.endedMs).toBeLessThan(holding.endMs! + 1_000);
});

test('a hold that never begins is not awaited for ever', async () => {
  answerOf = () => Promise.resolve(false);
  const first = guard(awaited(1_000));
  await delay(400);
  first.env.cancel('CANCELLED');
  await first.outcome.catch(() => undefined);
  const saved = first.heartbeats.at(-1) as NonNullable<GuardInput['resume']>;
  const asLongAgo = (agoMs: number) => guard({ ...awaited(1_000), resume: { ...saved, endMs: Date.now() - agoMs } });
  expect((await asLongAgo(45_000).outcome).kind).toBe('held');
  const { env, outcome } = asLongAgo(40_000);
  const ended = outcome.then(
    () => 'held',
    () => 'left',
  );
  await delay(500);
  env.cancel('CANCELLED');
  expect(await ended).toBe('left');
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

const blind = (why: string) => ({ kind: 'breached', breach: { blind: true, rule: expect.stringContaining(why) as unknown } });

test('a source whose clock goes wrong in the middle of the hold is blindness, with the remedy', async () => {
  const { outcome } = guard(inputOf(60_000));
  await delay(400);
  aheadMs = 60_000;
  expect(await outcome).toMatchObject(blind('ahead of this worker'));
});

test('a signal that stops to move where it must is blindness, though its value is good', async () => {
  const provider = { kind: 'http', url, read: { jsonPath: '$.rate' } };
  const moving = { probes: { errors: { provider, every: '50ms', timeout: '200ms', mustMoveWithin: '300ms' } } };
  const counting = setInterval(() => (rate = (rate ?? 0) + 1e-6), 20);
  const { outcome, heartbeats } = guard(inputOf(60_000, moving));
  await delay(700);
  expect(armed).toHaveLength(1);
  clearInterval(counting);
  expect(await outcome).toMatchObject(blind('frozen: '));
  expect(heartbeats.at(-1)).toMatchObject({ motions: { errors: { moved: true } } });
});

test('a signal that was never seen to move lets no guard be armed, and the reason is told', async () => {
  const provider = { kind: 'http', url, read: { jsonPath: '$.rate' } };
  const still = { probes: { errors: { provider, every: '50ms', timeout: '200ms', mustMoveWithin: '30s' } }, guard: { maxBlind: '700ms' } };
  expect(await guard(inputOf(60_000, still)).outcome).toMatchObject(blind('it has not been seen to move yet'));
  expect(armed).toEqual([]);
});

test('what a lost guard knew is given on: by the run, with the time since when nothing was seen', async () => {
  const first = guard(inputOf(60_000));
  await delay(500);
  first.env.cancel('WORKER_SHUTDOWN');
  const left: unknown = await first.outcome.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(left).toMatchObject({ type: 'GuardLeaves', details: [{ state: { streaks: expect.any(Array) as unknown }, motions: {} }] });
  const [resume] = (left as { details: GuardInput['resume'][] }).details;
  const seen = await guard({ ...inputOf(60_000), resume: { ...resume!, endMs: Date.now() + 300 } }).outcome;
  expect(seen.kind).toBe('held');
  expect(seen.summaries['errors']!.values).toBeGreaterThan(resume!.state.summaries['errors']!.values);
  expect(await guard({ ...inputOf(60_000), blindSinceMs: Date.now() - 60_000 }).outcome).toMatchObject(blind('gave no value'));
});

test('a worker whose clock is behind the one before is blind', async () => {
  const first = guard(inputOf(60_000));
  await delay(400);
  first.env.cancel('CANCELLED');
  await first.outcome.catch(() => undefined);
  const saved = first.heartbeats.at(-1) as NonNullable<GuardInput['resume']>;
  const ahead = { ...saved, state: { ...saved.state, lastValueMs: { errors: Date.now() + 30_000 } } };
  expect(await guard({ ...inputOf(60_000), resume: ahead }).outcome).toMatchObject(blind('behind the one that watched before'));
});

describe("this worker's own clock is set in the middle of the hold", () => {
  const real = Date.now.bind(Date);
  afterEach(() => jest.restoreAllMocks());
  /** Sets the clock once the guard has seen for a while. @returns the outcome and how long it really took */
  async function setClock(byMs: number, input: GuardInput): Promise<{ outcome: GuardOutcome; tookMs: number }> {
    aheadMs = undefined; // a source that tells its time would notice: here it must be noticed without
    const beganMs = performance.now();
    const { outcome } = guard(input);
    await delay(400);
    jest.spyOn(Date, 'now').mockImplementation(() => real() + byMs);
    return { outcome: await outcome, tookMs: performance.now() - beganMs };
  }

  test.each([7_000, -3_600_000])('by %i ms: the hold gets neither shorter nor longer', async (byMs) => {
    const { outcome, tookMs } = await setClock(byMs, inputOf(1_200));
    expect(outcome.kind).toBe('held');
    expect(tookMs).toBeGreaterThanOrEqual(1_190);
    expect(tookMs).toBeLessThan(10_000);
  });

  test('by more than a streak lasts: the streak is not completed by it', async () => {
    const slow = { stopConditions: [{ probe: 'errors', above: '0.1%', for: '6s' }] };
    rate = 0.5;
    expect((await setClock(7_000, inputOf(1_200, slow))).outcome.kind).toBe('held');
  });

  test('ahead by more than maxBlind, as after a sleep of the machine: nothing was seen meanwhile', async () => {
    const { outcome } = await setClock(60_000, inputOf(60_000));
    expect(outcome).toMatchObject(blind('gave no value for 6'));
  });
});

test('an incident is told apart', async () => {
  const { outcome } = guard(inputOf(60_000, { stopConditions: [{ probe: 'errors', above: '0.1%', incident: true }] }));
  await delay(300);
  rate = 0.5;
  expect(await outcome).toMatchObject({ kind: 'breached', breach: { incident: true, blind: false } });
});
