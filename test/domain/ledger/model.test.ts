import fc from 'fast-check';
import { nextWakeMs, step, type LedgerEvent } from '../../../src/domain/ledger/step.ts';
import { whyTooDear } from '../../../src/domain/budget.ts';
import { reservedOf } from '../../../src/domain/ledger/budget.ts';
import { newLedger, type LedgerState } from '../../../src/domain/ledger/state.ts';
import { Oracle } from './oracle.ts';

const RUNS = 6;
const scopes = ['service:a', 'service:b', 'group:g', 'dependency:d', 'dependency:e'];
/** Each run is of one experiment: its scopes and cool-down stay, whatever it asks for. */
const experiments = Array.from({ length: RUNS }, (_, i) => ({
  scopes: scopes.filter((_scope, bit) => ((i * 7 + 3) >> bit) & 1),
  coolDownMs: [0, 50, 300][i % 3]!,
  ...(i % 3 !== 1 && { budget: { slo: i === 2 ? 'search' : 'payments', cost: i + 1 } }),
}));

const run = fc.nat(RUNS - 1);
const runId = fc.constantFrom('first', 'first', 'first', 'reset');
const wave = fc.constantFrom('single', 'canary', 'stress');
const named = fc.record({ run, runId, wave, hit: fc.boolean(), victims: fc.integer({ min: 1, max: 6 }) });

/** What a scheduler may do: any event at any time, in any order, from anybody. */
const events = fc.array(
  fc.record({
    afterMs: fc.nat(120),
    event: fc.oneof(
      { weight: 8, arbitrary: named.map((it) => ({ ...it, kind: 'acquire' as const })) },
      { weight: 5, arbitrary: named.map((it) => ({ ...it, kind: 'leave' as const })) },
      { weight: 4, arbitrary: named.map((it) => ({ ...it, kind: 'release' as const })) },
      { weight: 2, arbitrary: named.map((it) => ({ ...it, kind: 'expire' as const })) },
      { weight: 1, arbitrary: named.map((it) => ({ ...it, kind: 'alive' as const })) },
      { weight: 4, arbitrary: fc.constant({ kind: 'tick' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'halt' as const }) },
      { weight: 2, arbitrary: fc.constant({ kind: 'lift' as const }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('limits' as const),
          limits: fc.record({ perScope: fc.integer({ min: 1, max: 3 }), maxConcurrentVictims: fc.integer({ min: 1, max: 12 }) }),
        }),
      },
    ),
  }),
  { maxLength: 120 },
);

type Scheduled = typeof events extends fc.Arbitrary<(infer E)[]> ? E : never;

function eventOf({ event }: Scheduled, nowMs: number): LedgerEvent {
  switch (event.kind) {
    case 'acquire':
      return {
        kind: 'acquire',
        claim: { holder: `run-${event.run}`, runId: event.runId, wave: event.wave, victims: event.victims, ...experiments[event.run]! },
      };
    case 'leave':
    case 'release':
    case 'expire':
    case 'alive': {
      const { kind, runId: id, wave: name, hit } = event;
      const holder = `run-${event.run}`;
      if (kind === 'alive') return { kind, holder };
      if (kind === 'expire') return { kind, holder, runId: id, why: 'test' };
      return kind === 'leave' ? { kind, holder, runId: id, wave: name, hit } : { kind, holder, runId: id, hit };
    }
    case 'halt':
      return { kind: 'halt', halt: { kind: 'halt', by: 'ann', reason: 'test', atMs: nowMs } };
    case 'lift':
      return { kind: 'lift', by: 'ann' };
    case 'limits':
      return { kind: 'limits', limits: event.limits, by: 'ann' };
    case 'tick':
      return { kind: 'tick' };
  }
}

/** Plays a schedule; between two events the ledger wakes whenever it wants to, as its timer would have it. */
function play(
  schedule: readonly Scheduled[],
  see: (event: LedgerEvent, before: LedgerState, after: ReturnType<typeof step>, nowMs: number) => void,
) {
  let [state, nowMs] = [newLedger(), 1_000];
  const happen = (event: LedgerEvent): void => {
    const after = step(state, event, nowMs, 10_000);
    see(event, state, after, nowMs);
    ({ state } = after);
  };
  for (const scheduled of schedule) {
    const untilMs = nowMs + scheduled.afterMs;
    for (let wakes = 0; wakes < 50; wakes++) {
      const wakeMs = nextWakeMs(state);
      if (wakeMs === undefined || wakeMs > untilMs) break;
      nowMs = Math.max(nowMs + 1, wakeMs);
      happen({ kind: 'tick' });
    }
    nowMs = Math.max(nowMs, untilMs);
    happen(eventOf(scheduled, nowMs));
  }
  return state;
}

describe('whatever happens in whatever order', () => {
  test('no cap is exceeded, nobody acts in a cool-down or under a halt, nobody is overtaken, nobody waits for nothing', () => {
    fc.assert(
      fc.property(events, (schedule) => {
        const oracle = new Oracle();
        play(schedule, (event, _before, { answers }, nowMs) => {
          oracle.see(event, answers, nowMs);
          expect(oracle.broken).toEqual([]);
        });
      }),
      { numRuns: 2_000 },
    );
  });

  test('what live waves have reserved is exactly what the ledger says, and refunded however they end', () => {
    fc.assert(
      fc.property(events, (schedule) => {
        const oracle = new Oracle();
        play(schedule, (event, _before, { state, answers }, nowMs) => {
          oracle.see(event, answers, nowMs);
          for (const slo of ['payments', 'search']) expect(reservedOf(state, slo)).toBe(oracle.reserved(slo));
        });
      }),
      { numRuns: 500 },
    );
  });

  test('runs that go by what the ledger says never count on more of a budget than there is', () => {
    let refusals = 0;
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 9 }), (schedule, remaining) => {
        const admitted = new Set<string>();
        play(schedule, (_event, _before, { state, answers }) => {
          const live = state.holds.filter(({ wave }) => wave?.budget?.slo === 'payments');
          const keyOf = ({ holder, runId, wave }: (typeof live)[number]): string => `${holder}/${runId}/${wave?.name}/${wave?.sinceMs}`;
          for (const { holder, reply } of answers) {
            const hold = live.find((one) => one.holder === holder);
            if (reply.kind !== 'granted' || !hold) continue;
            const { slo, cost } = hold.wave!.budget!;
            const isTooDear = whyTooDear({ rule: { slo, keep: 0 }, cost, remaining, reserved: reply.reserved }) !== undefined;
            if (isTooDear) refusals += 1;
            else admitted.add(keyOf(hold));
          }
          const counted = live.filter((hold) => admitted.has(keyOf(hold))).reduce((sum, { wave }) => sum + wave!.budget!.cost, 0);
          expect(counted).toBeLessThanOrEqual(remaining);
        });
      }),
      { numRuns: 1_000 },
    );
    expect(refusals).toBeGreaterThan(0);
  });

  test('a step leaves the state that it was given as it was', () => {
    fc.assert(
      fc.property(events, (schedule) => {
        play(schedule, (event, before, _after, nowMs) => {
          const copy = structuredClone(before);
          step(before, event, nowMs, 10_000);
          expect(before).toEqual(copy);
        });
      }),
      { numRuns: 200 },
    );
  });

  test('every event is safe to repeat', () => {
    fc.assert(
      fc.property(events, (schedule) => {
        play(schedule, (event, _before, { state }, nowMs) => {
          const { holds, queue, coolDowns, halt, limits } = step(state, event, nowMs, 10_000).state;
          expect({ holds, queue, coolDowns, halt, limits }).toEqual({
            holds: state.holds,
            queue: state.queue,
            coolDowns: state.coolDowns,
            halt: state.halt,
            limits: state.limits,
          });
        });
      }),
      { numRuns: 500 },
    );
  });

  test('when everybody leaves, everybody who waits gets a turn: nothing is stuck', () => {
    fc.assert(
      fc.property(events, (schedule) => {
        let state = play(schedule, () => undefined);
        let nowMs = 10_000_000;
        state = step(state, { kind: 'lift', by: 'ann' }, nowMs, 1e9).state;
        for (let turn = 0; turn < 4 * RUNS && state.holds.length + state.queue.length > 0; turn++) {
          nowMs += 1_000;
          state = step(state, { kind: 'tick' }, nowMs, 1e9).state;
          for (const { holder, runId: id } of state.holds)
            state = step(state, { kind: 'release', holder, runId: id, hit: true }, nowMs, 1e9).state;
        }
        expect({ holds: state.holds, queue: state.queue }).toEqual({ holds: [], queue: [] });
      }),
      { numRuns: 500 },
    );
  });
});
