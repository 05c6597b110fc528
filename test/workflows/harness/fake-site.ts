import { setTimeout as delay } from 'node:timers/promises';
import { activityInfo, Context, getClient, heartbeat } from '@temporalio/activity';
import { GUARD_ARMED, type GuardInput, type GuardOutcome } from '../../../src/activities/guard.ts';
import type { SiteActivities } from '../../../src/activities/index.ts';
import { createLeaseActivities } from '../../../src/activities/leases.ts';
import type { Preparation, PrepareInput } from '../../../src/activities/prepare.ts';
import type { SamplePlace } from '../../../src/activities/recorder.ts';
import type { RecoveryInput, RecoveryOutcome } from '../../../src/activities/recovery.ts';
import type { Injection, Order, Reversal, Spec } from '../../../src/domain/order.ts';
import { chooseVictims } from '../../../src/domain/selection.ts';
import type { Breach } from '../../../src/domain/stop-conditions.ts';
import type { Summary } from '../../../src/domain/summary.ts';
import type { Target } from '../../../src/domain/target.ts';
import { MemoryLeases } from '../../support/leases.ts';

export type ActivityName = keyof SiteActivities;
type Input<N extends ActivityName> = Parameters<SiteActivities[N]>[0];
type Output<N extends ActivityName> = Awaited<ReturnType<SiteActivities[N]>>;
/** What an activity does in a test; `usual` is what it would do otherwise. */
export type Behaviour<N extends ActivityName> = (input: Input<N>, usual: () => Promise<Output<N>>, nth: number) => Promise<Output<N>>;

/** One call as the site saw it. */
export interface Call {
  name: ActivityName;
  input: unknown;
  beganMs: number;
  endedMs?: number;
  attempt: number;
}

const HEARTBEAT_EVERY_MS = 100;
const SLOW_MACHINE_MS = 10_000;

export const target = (name: string): Target => ({
  kind: 'process',
  id: `process:${name}`,
  site: 'local',
  name,
  labels: { app: 'payment-worker' },
  identity: { pid: 1_000, startTicks: 1, bootId: 'boot' },
});

/** What shares the traffic of a fenced experiment. */
export const route: Target = {
  kind: 'route',
  id: 'route:http-route:r-1',
  site: 'local',
  name: 'http-route shop/web',
  labels: {},
  identity: { route: 'http-route', namespace: 'shop', name: 'web', uid: 'r-1' },
};

export const healthy: Summary = { values: 10, problems: 0, min: 0, max: 0, mean: 0, last: 0 };

/** What a stop condition sees. */
export const breachOf = (changes: Partial<Breach> = {}): Breach => ({
  probe: 'errors',
  rule: 'errors > 0.001',
  value: 0.02,
  limit: 0.001,
  atMs: Date.now(),
  blind: false,
  ...changes,
});

/** Tells the run that the guard sees, as the real guard does. */
export async function announce({ wave, iteration }: SamplePlace): Promise<void> {
  const { workflowId, runId } = activityInfo().workflowExecution!;
  await getClient().workflow.getHandle(workflowId, runId).signal(GUARD_ARMED, `${wave}/${iteration}`, Date.now());
}

/** Heartbeats until the activity is cancelled, or `until` has come true. @throws CancelledFailure */
export async function linger(until: () => boolean = () => false): Promise<void> {
  const { cancelled } = Context.current();
  while (!until()) {
    heartbeat();
    await Promise.race([cancelled, delay(HEARTBEAT_EVERY_MS)]);
  }
}

/** A site without victims: remembers who is paused, records every call, and does what the test says. */
export class FakeSite {
  readonly calls: Call[] = [];
  /** Targets that are paused now, by order key. */
  readonly paused = new Set<string>();
  /** Leases that nobody arms but the test. */
  readonly leases = new MemoryLeases();
  /** Names of those of the population that live and are not ready. */
  readonly unready = new Set<string>();
  population = ['worker-1', 'worker-2', 'worker-3', 'worker-4', 'worker-5'].map(target);
  private readonly behaviours = new Map<ActivityName, Behaviour<never>>();
  private waiters: (() => void)[] = [];

  /** Makes an activity do something else from now on. */
  on<N extends ActivityName>(name: N, behaviour: Behaviour<N>): this {
    this.behaviours.set(name, behaviour);
    return this;
  }

  of(name: ActivityName): Call[] {
    return this.calls.filter((call) => call.name === name);
  }

  orders(name: 'injectFault' | 'revertFault'): Order[] {
    return this.of(name).map(({ input }) => input as Order);
  }

  /** Waits until the `nth` call of an activity has begun. */
  async began(name: ActivityName, nth = 1): Promise<Call> {
    await this.until(() => this.of(name).length >= nth);
    return this.of(name)[nth - 1]!;
  }

  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((resolve) => this.waiters.push(resolve));
  }

  /** What the worker of the site's queue serves. */
  readonly activities: SiteActivities = {
    prepareWave: this.skin('prepareWave', (input) => this.prepare(input)),
    guardWave: this.skin('guardWave', (input) => this.guard(input)),
    injectFault: this.skin('injectFault', (order) => this.inject(order)),
    revertFault: this.skin('revertFault', (order) => this.revert(order)),
    awaitRecovery: this.skin('awaitRecovery', (input) => this.recover(input)),
    applyRemedy: this.skin('applyRemedy', (spec: Spec) => Promise.resolve(`applied ${spec.kind}`)),
    previewWaves: this.skin('previewWaves', () => Promise.resolve({ waves: [], answers: {} })),
    countTargets: this.skin('countTargets', ({ waves }) => {
      const all = this.population.filter(({ name }) => !this.unready.has(name)).length;
      return Promise.resolve({ census: { all, waves: Object.fromEntries(waves.map(({ name }) => [name, all])) } });
    }),
    measureBudgets: this.skin('measureBudgets', ({ slo }) =>
      Promise.resolve(Object.fromEntries(Object.keys(slo).map((name) => [name, { left: 1 }]))),
    ),
    surveyPods: this.skin('surveyPods', ({ namespace }) =>
      Promise.resolve({ site: 'fake', namespace, counts: { ready: 0, unready: 0, protected: 0 }, rows: [] }),
    ),
    listLeases: this.skin('listLeases', () => createLeaseActivities(this.leases).listLeases()),
    listUnreadable: this.skin('listUnreadable', () => createLeaseActivities(this.leases).listUnreadable()),
    releaseLease: this.skin('releaseLease', (key) => this.leases.release(key)),
  };

  private skin<N extends ActivityName>(name: N, usual: (input: Input<N>) => Promise<Output<N>>): SiteActivities[N] {
    const served = async (input: Input<N>): Promise<Output<N>> => {
      const call: Call = { name, input, beganMs: Date.now(), attempt: activityInfo().attempt };
      this.calls.push(call);
      this.notify();
      const behaviour = this.behaviours.get(name) as unknown as Behaviour<N> | undefined;
      try {
        return await (behaviour ? behaviour(input, () => usual(input), this.of(name).length) : usual(input));
      } finally {
        call.endedMs = Date.now();
        this.notify();
      }
    };
    return served as unknown as SiteActivities[N];
  }

  notify(): void {
    const waiting = this.waiters;
    this.waiters = [];
    for (const wake of waiting) wake();
  }

  private prepare({ experiment, wave, alreadyHit, seed }: PrepareInput): Promise<Preparation> {
    const populationSize = this.population.length;
    const choice = chooseVictims({
      eligible: this.population,
      populationSize,
      selection: wave.selection,
      caps: experiment.blastRadius,
      alreadyHit,
      seed,
    });
    const ready = this.population.filter(({ name }) => !this.unready.has(name)).length;
    return Promise.resolve({
      unmet: [],
      baseline: { summaries: { errors: healthy }, medians: { errors: 0 } },
      choice,
      populationSize,
      ready,
      aimedAt: ready,
      unready: this.population
        .filter(({ name }) => this.unready.has(name))
        .map(({ id, name }) => ({ id, name, why: 'it listens on no TCP port' })),
      protectedTargets: [],
      ...(experiment.traffic && { fence: { share: 0.2, place: 'rules[0]', target: route } }),
    });
  }

  /** Arms at once, and holds for `holdMs` after every order was answered: how fast the machine is does not matter. */
  private async guard({ place, holdMs }: GuardInput): Promise<GuardOutcome> {
    await announce(place);
    const isDryRun = holdMs === 0;
    await linger(() => isDryRun || this.areAnswered(place));
    const endMs = Date.now() + holdMs;
    await linger(() => Date.now() >= endMs);
    // The run counts the hold from when it took note of the last answer, which on a busy machine is much later.
    return { kind: 'held', endedMs: Date.now() + holdMs + SLOW_MACHINE_MS, summaries: { errors: healthy }, violations: [] };
  }

  /** Whether an iteration's victims were ordered and every order was answered. */
  areAnswered({ wave, iteration }: SamplePlace): boolean {
    const orders = this.of('injectFault').filter(({ input }) => !(input as Order).isFence);
    const mine = orders.filter(({ input }) => (input as Order).wave === wave && (input as Order).iteration === iteration);
    return mine.length > 0 && mine.every(({ endedMs }) => endedMs !== undefined);
  }

  private inject({ key }: Order): Promise<Injection> {
    this.paused.add(key);
    return Promise.resolve({ outcome: 'injected', atMs: Date.now(), effect: { proven: true, evidence: 'state T' } });
  }

  private revert({ key }: Order): Promise<Reversal> {
    this.paused.delete(key);
    return Promise.resolve({ undone: true, evidence: 'state S' });
  }

  private recover(_input: RecoveryInput): Promise<RecoveryOutcome> {
    return Promise.resolve({ kind: 'recovered', sinceMs: Date.now() });
  }
}

/** A guard that arms, waits until the test says so, and then sees a breach. */
export const breachingGuard =
  (when: () => boolean = () => true, changes: Partial<Breach> = {}): Behaviour<'guardWave'> =>
  async ({ place, holdMs }, usual) => {
    if (holdMs === 0) return usual();
    await announce(place);
    await linger(when);
    const breach = breachOf(changes);
    return { kind: 'breached', breach, endedMs: Date.now(), summaries: { errors: healthy }, violations: [] };
  };

/** A guard that arms and then sees nothing happen until it is cancelled. */
export const endlessGuard: Behaviour<'guardWave'> = async ({ place, holdMs }, usual) => {
  if (holdMs === 0) return usual();
  await announce(place);
  await linger();
  return usual();
};
