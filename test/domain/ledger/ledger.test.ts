import { reservedOf } from '../../../src/domain/ledger/budget.ts';
import { claimOf, scopesOf, victimsAtOnce } from '../../../src/domain/ledger/claim.ts';
import { isEnvironment, ledgerId } from '../../../src/domain/ledger/names.ts';
import { readClaim, readState } from '../../../src/domain/ledger/read.ts';
import { placeIn } from '../../../src/domain/ledger/settle.ts';
import { MAX_QUEUE, newLedger, type Claim, type LedgerState, type Reply } from '../../../src/domain/ledger/state.ts';
import { dueForCheck, nextWakeMs, step, type LedgerEvent } from '../../../src/domain/ledger/step.ts';
import { runningExperiments } from '../../../src/domain/ledger/visibility.ts';
import { resolveWaves } from '../../../src/domain/plan.ts';
import { parseDocument } from '../../../src/language/experiment.ts';
import { experimentDocument } from '../../workflows/harness/document.ts';

const RUN = '4b1f3a52-0c1d-4e5f-8a9b-0123456789ab';

const claim = (holder: string, changes: Partial<Claim> = {}): Claim => ({
  holder,
  runId: RUN,
  wave: 'single',
  scopes: ['service:payments'],
  victims: 1,
  coolDownMs: 300,
  ...changes,
});

/** A ledger with a clock. */
class Desk {
  state: LedgerState = newLedger();
  nowMs = 1_000;

  happen(event: LedgerEvent): Record<string, Reply> {
    const { state, answers } = step(this.state, event, this.nowMs, 60_000);
    this.state = state;
    return Object.fromEntries(answers.map(({ holder, reply }) => [holder, reply]));
  }

  ask = (who: string, changes?: Partial<Claim>): Reply | undefined => this.happen({ kind: 'acquire', claim: claim(who, changes) })[who];
  release = (holder: string, hit = true) => this.happen({ kind: 'release', holder, runId: RUN, hit });
}

describe('a ledger', () => {
  test('grants, queues in order, lets the next in after the cool-down', () => {
    const desk = new Desk();
    expect(desk.ask('a')).toEqual({ kind: 'granted', epoch: 1_000 });
    expect(desk.ask('a')).toEqual({ kind: 'granted', epoch: 1_000 });
    expect(desk.ask('b')).toEqual({ kind: 'queued', position: 1, of: 1, why: 'service:payments is held', behind: ['a'] });
    expect(desk.ask('c')).toMatchObject({ kind: 'queued', position: 2, of: 2 });
    expect(desk.ask('elsewhere', { scopes: ['service:search'] })).toMatchObject({ kind: 'granted' });
    expect(desk.release('a')).toEqual({});
    expect(desk.ask('b')).toEqual({
      kind: 'queued',
      position: 1,
      of: 2,
      why: 'service:payments cools down',
      behind: ['a'],
      untilMs: 1_300,
    });
    expect(nextWakeMs(desk.state)).toBe(1_300);
    desk.nowMs = 1_300;
    expect(desk.happen({ kind: 'tick' })).toEqual({ b: { kind: 'granted', epoch: 1_300 } });
    expect(placeIn(desk.state, 'c', desk.nowMs)).toMatchObject({ position: 1, of: 1, behind: ['b'] });
    expect(placeIn(desk.state, 'b', desk.nowMs)).toBeUndefined();
  });

  test('nobody was hit: nothing needs to rest', () => {
    const desk = new Desk();
    desk.ask('a');
    desk.ask('b');
    expect(desk.release('a', false)).toMatchObject({ b: { kind: 'granted' } });
  });

  test('between its waves a run keeps its scopes, and cools down as others do', () => {
    const desk = new Desk();
    desk.ask('a');
    desk.ask('b');
    desk.happen({ kind: 'leave', holder: 'a', runId: RUN, wave: 'single', hit: true });
    expect(desk.ask('a', { wave: 'canary' })).toMatchObject({ kind: 'queued', why: 'service:payments cools down', behind: [] });
    desk.nowMs = 1_300;
    expect(desk.happen({ kind: 'tick' })).toEqual({ a: { kind: 'granted', epoch: 1_000 } });
    expect(placeIn(desk.state, 'b', desk.nowMs)).toMatchObject({ why: 'service:payments is held' });
  });

  test('several scopes are had together or not at all, and nobody slips in between', () => {
    const desk = new Desk();
    desk.ask('a', { scopes: ['service:x'] });
    expect(desk.ask('wide', { scopes: ['service:x', 'dependency:db'] })).toMatchObject({ kind: 'queued', why: 'service:x is held' });
    expect(desk.ask('narrow', { scopes: ['dependency:db'] })).toMatchObject({
      kind: 'queued',
      why: 'dependency:db is wanted by somebody older',
      behind: ['wide'],
    });
    expect(desk.ask('other', { scopes: ['service:z'] })).toMatchObject({ kind: 'granted' });
    expect(desk.release('a', false)).toMatchObject({ wide: { kind: 'granted' } });
  });

  test('the cap of victims holds over all scopes, and is kept for the oldest', () => {
    const desk = new Desk();
    desk.ask('a', { scopes: ['service:a'], victims: 8 });
    expect(desk.ask('big', { scopes: ['service:b'], victims: 5 })).toMatchObject({
      kind: 'queued',
      why: '8 of 10 victims are in use, 5 wanted',
      behind: ['a'],
    });
    expect(desk.ask('small', { scopes: ['service:c'], victims: 1 })).toMatchObject({
      kind: 'queued',
      why: 'somebody older waits for the cap of victims',
    });
    expect(desk.ask('never', { scopes: ['service:d'], victims: 11 })).toMatchObject({ kind: 'refused' });
    expect(Object.keys(desk.release('a'))).toEqual(['big', 'small']);
    expect(desk.happen({ kind: 'limits', limits: { perScope: 1, maxConcurrentVictims: 4 }, by: 'ann' })).toEqual({});
    expect(desk.ask('later', { scopes: ['service:e'], victims: 5 })).toMatchObject({ kind: 'refused' });
  });

  test('whoever waits in vain after the cap was lowered is told', () => {
    const desk = new Desk();
    desk.ask('a', { victims: 10 });
    desk.ask('b', { victims: 6 });
    expect(desk.happen({ kind: 'limits', limits: { perScope: 1, maxConcurrentVictims: 5 }, by: 'ann' })).toMatchObject({
      b: { kind: 'refused' },
    });
    expect(desk.state.queue).toEqual([]);
  });

  test('a reset run gets a higher epoch, and what it may have hit rests', () => {
    const desk = new Desk();
    desk.ask('a');
    expect(desk.ask('a', { runId: 'reset' })).toMatchObject({ kind: 'queued', why: 'service:payments cools down' });
    desk.nowMs = 1_300;
    expect(desk.happen({ kind: 'tick' })).toEqual({ a: { kind: 'granted', epoch: 1_300 } });
    desk.release('a'); // the old run's word comes late
    expect(desk.state.holds).toMatchObject([{ holder: 'a', runId: 'reset' }]);
  });

  test('epochs rise although the clock stands still or goes back', () => {
    const desk = new Desk();
    const epochs = ['a', 'b', 'c'].map((who) => {
      const reply = desk.ask(who, { scopes: [`service:${who}`] });
      desk.nowMs -= 10;
      return reply?.kind === 'granted' ? reply.epoch : 0;
    });
    expect(epochs).toEqual([1_000, 1_001, 1_002]);
  });

  test('a halt refuses with who, why and since when, until it is lifted; the first one stays', () => {
    const desk = new Desk();
    desk.ask('a');
    desk.ask('b');
    desk.happen({ kind: 'halt', halt: { kind: 'halt', by: 'ann', reason: 'customers call', atMs: 0 } });
    desk.happen({ kind: 'halt', halt: { kind: 'incident', by: 'bob', reason: 'later', atMs: 5 } });
    expect(desk.state).toMatchObject({ queue: [], halt: { by: 'ann' } });
    expect(desk.ask('c')).toEqual({ kind: 'refused', reason: 'a halt stands since 1970-01-01T00:00:00.000Z: ann: customers call' });
    expect(desk.release('a', false)).toEqual({});
    desk.happen({ kind: 'lift', by: 'ann' });
    expect(desk.ask('c')).toMatchObject({ kind: 'granted' });
  });

  test('who is gone without a word is noted, and its scopes rest', () => {
    const desk = new Desk();
    desk.ask('a');
    desk.ask('b');
    expect(dueForCheck(desk.state, 61_000).map(({ holder }) => holder)).toEqual(['a', 'b']);
    desk.nowMs = 61_000;
    desk.happen({ kind: 'alive', holder: 'b' });
    expect(dueForCheck(desk.state, 61_000).map(({ holder }) => holder)).toEqual(['a']);
    desk.happen({ kind: 'expire', holder: 'a', runId: RUN, why: 'its run has ended' });
    expect(desk.state).toMatchObject({
      holds: [],
      coolDowns: [{ untilMs: 61_300, by: 'a' }],
      notes: [{ text: 'a lost its place: its run has ended' }],
    });
    expect(desk.happen({ kind: 'expire', holder: 'nobody', runId: RUN, why: 'no' })).toEqual({});
    expect(desk.state.notes).toHaveLength(1);
  });

  test('a run cannot slip other scopes under its hold, and the queue is bounded', () => {
    const desk = new Desk();
    desk.ask('a');
    desk.happen({ kind: 'leave', holder: 'a', runId: RUN, wave: 'single', hit: false });
    expect(desk.ask('a', { scopes: ['service:search'] })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('now claims') as unknown,
    });
    desk.ask('a');
    for (let i = 0; i < MAX_QUEUE; i++) desk.ask(`waiter-${i}`);
    expect(desk.ask('one more')).toEqual({ kind: 'refused', reason: `${MAX_QUEUE} runs wait already` });
  });
});

describe('an error budget', () => {
  const budget = { slo: 'payments', cost: 0.2 };
  test('is reserved with the wave, told to whoever comes later, and refunded on leave, release and loss', () => {
    const desk = new Desk();
    expect(desk.ask('a', { budget })).toEqual({ kind: 'granted', epoch: 1_000, reserved: 0 });
    expect(desk.ask('b', { scopes: ['service:b'], budget })).toMatchObject({ kind: 'granted', reserved: 0.2 });
    expect(desk.ask('a', { budget })).toMatchObject({ kind: 'granted', reserved: 0 }); // said again, not counted anew
    expect(desk.ask('c', { scopes: ['service:c'], budget: { ...budget, slo: 'search' } })).toMatchObject({ reserved: 0 });
    expect(desk.ask('d', { scopes: ['service:d'] })).not.toHaveProperty('reserved');
    expect(reservedOf(desk.state, 'payments')).toBe(0.4);
    desk.happen({ kind: 'leave', holder: 'a', runId: RUN, wave: 'single', hit: false });
    expect(reservedOf(desk.state, 'payments')).toBe(0.2);
    desk.happen({ kind: 'expire', holder: 'b', runId: RUN, why: 'its run has ended' });
    desk.release('c');
    expect([reservedOf(desk.state, 'payments'), reservedOf(desk.state, 'search')]).toEqual([0, 0]);
  });

  test('survives a ledger that continues as new, and state from before budgets is understood', () => {
    const desk = new Desk();
    desk.ask('a', { budget });
    expect(reservedOf(readState(JSON.parse(JSON.stringify(desk.state))), 'payments')).toBe(0.2);
    const { wave: _wave, ...idle } = desk.state.holds[0]!;
    const old = { ...desk.state, holds: [{ ...idle, wave: { name: 'single', victims: 1, coolDownMs: 0, sinceMs: 1 } }] };
    desk.state = readState(JSON.parse(JSON.stringify(old)));
    expect(desk.ask('b', { scopes: ['service:b'], budget })).toMatchObject({ kind: 'granted', reserved: 0 });
  });

  test.each([
    [{ slo: 'payments', cost: 1.1 }, /share from 0 to 1/],
    [{ slo: 'payments', cost: NaN }, /share/],
    [{ slo: '<b>', cost: 0.1 }, /name of an SLO/],
    ['all', /name of an SLO/],
  ])('a claim of %j is not understood', (wrong, problem) => {
    expect(readClaim({ ...claim('a'), budget: wrong })).toMatchObject({ ok: false, problem: expect.stringMatching(problem) as unknown });
    expect(readClaim({ ...claim('a'), budget })).toEqual({ ok: true, value: { ...claim('a'), budget } });
    expect(readClaim(claim('a'))).toEqual({ ok: true, value: claim('a') });
  });
});

describe('what an experiment lays claim to', () => {
  const { metadata, blastRadius, ...rest } = parseDocument(experimentDocument());

  test('service, group and dependencies, each once', () => {
    expect(scopesOf(metadata)).toEqual(['service:payments']);
    expect(scopesOf({ ...metadata, group: 'eu', dependencies: ['db', 'mq', 'db'] })).toEqual([
      'service:payments',
      'group:eu',
      'dependency:db',
      'dependency:mq',
    ]);
  });

  test('the most victims that can be hit at once', () => {
    const caps = { ...blastRadius, maxVictims: 6, maxConcurrent: 4 };
    expect(victimsAtOnce({ selection: 'all' }, caps)).toBe(4);
    expect(victimsAtOnce({ selection: { count: 2 } }, caps)).toBe(2);
    expect(victimsAtOnce({ selection: { percent: 0.5 } }, { ...caps, maxVictims: 3 })).toBe(3);
  });

  test('one wave', () => {
    const [, wave] = resolveWaves({ metadata, blastRadius, ...rest });
    expect(claimOf({ metadata, blastRadius, ...rest }, wave!, { holder: 'h', runId: RUN })).toEqual({
      holder: 'h',
      runId: RUN,
      wave: 'single',
      scopes: ['service:payments'],
      victims: 1,
      coolDownMs: 0,
    });
  });
});

test('no environment can be taken for the ledger of all, and no name ends a list query early', () => {
  expect(isEnvironment('_all')).toBe(false);
  expect(ledgerId('staging', 'breakwater')).toBe('ledger.staging.breakwater');
  expect(() => runningExperiments("breakwater' OR WorkflowId = 'x")).toThrow(TypeError);
  expect(runningExperiments('breakwater', 'staging')).toContain("BreakwaterEnvironment = 'staging'");
});
