import { activityInfo, ApplicationFailure, CancelledFailure, getClient, heartbeat } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import {
  findBlindness,
  findClockBehind,
  isSeeing,
  missTime,
  newGuardState,
  observe,
  type GuardRules,
  type GuardState,
} from '../domain/guard.ts';
import type { OrderPlace } from '../domain/order.ts';
import type { Breach } from '../domain/stop-conditions.ts';
import { isUpper, limitOf } from '../domain/stop-conditions.ts';
import type { Summary } from '../domain/summary.ts';
import type { Violation } from '../domain/verdict.ts';
import { Hold, type HoldCheckpoint } from './hold.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import type { SitePorts } from './ports.ts';
import type { SamplePlace } from './recorder.ts';
import type { Motions } from '../probes/sighted.ts';
import { MAX_SKEW_MS, signalDefinitions, type Signals } from './signals.ts';
import { SteadyClock } from './steady-clock.ts';
import { Readings, watchSignals, type LiveView, type LiveViewCheckpoint } from './watching.ts';

export interface GuardInput {
  experiment: Signals;
  place: SamplePlace;
  rules: GuardRules;
  /** How long it watches a fault that is held; a dry run from the moment that the guard is armed. */
  holdMs: number;
  /** The hold begins when the run says so. Absent: when the guard is armed, as in a dry run and in runs of earlier versions. */
  isHoldAwaited?: true;
  /** Set when the wave's fault is reversible: the leases of the place, each of this length, are renewed while it watches. Milliseconds. */
  leaseMs?: number;
  /** What the guard before it left behind when it was lost. */
  resume?: GuardCheckpoint;
  /** Since when nothing is known to have been seen, epoch milliseconds; given after a loss. */
  blindSinceMs?: number;
}

/** What a guard saw. `endedMs` is the end of its watch, epoch milliseconds. */
export interface GuardOutcome {
  kind: 'held' | 'breached';
  breach?: Breach;
  endedMs: number;
  summaries: Record<string, Summary>;
  violations: Violation[];
}

/** Sent to the run once every watched signal has given a value: `guardArmed(key, atMs)`. */
export const GUARD_ARMED = 'guardArmed';

/** What a guard leaves to the next when it is lost. The end is absolute, so that the next resumes instead of starting again. */
export interface GuardCheckpoint extends HoldCheckpoint {
  state: GuardState;
  motions?: Motions;
}

type Checkpoint = GuardCheckpoint & LiveViewCheckpoint;

const limitsOf = ({ conditions }: GuardRules): LiveView['limits'] =>
  conditions.flatMap((watched) => {
    const limit = watched.condition.consecutiveErrors === undefined ? limitOf(watched) : undefined;
    return limit === undefined ? [] : [{ probe: watched.condition.probe, limit, upper: isUpper(watched.condition) }];
  });

/** What the guard before knew; without that, a retried one has been blind since the activity was scheduled. */
function resumeFrom({ rules, resume, blindSinceMs }: GuardInput): GuardCheckpoint {
  const info = activityInfo();
  const saved = (info.heartbeatDetails as Checkpoint | undefined) ?? resume;
  if (saved) return saved;
  const sinceMs = blindSinceMs ?? (info.attempt > 1 ? info.scheduledTimestampMs : Date.now());
  return { state: newGuardState(rules, sinceMs), endMs: null };
}

/**
 * Creates the guard: one long activity per wave that samples every signal, feeds the stop conditions, tells the run once it sees,
 * and returns at the first breach, at its own blindness, or when the hold is over.
 */
export const createGuard = (ports: Pick<SitePorts, 'probes' | 'records' | 'leases'>) => ({
  /** @throws CancelledFailure when the run is aborted */
  async guardWave(input: GuardInput): Promise<GuardOutcome> {
    const { experiment, place, rules, holdMs, isHoldAwaited = false, leaseMs } = input;
    const clock = new SteadyClock();
    const saved = resumeFrom(input);
    const motions = saved.motions ?? {};
    let { state } = saved;
    const readings = new Readings(signalDefinitions(experiment));
    const limits = limitsOf(rules);
    const left = (): GuardCheckpoint => ({ state, motions, ...hold.checkpoint });
    const checkpoint = (): Checkpoint => ({ ...left(), live: { readings: readings.list(), limits } });
    const done = (nowMs: number, breach?: Breach): GuardOutcome => ({
      kind: breach ? 'breached' : 'held',
      ...(breach && { breach }),
      endedMs: nowMs,
      summaries: state.summaries,
      violations: state.violations,
    });
    // A gap after a crash is seen here: the first sample of this attempt would hide it.
    const nowMs = clock.nowMs();
    const gap = findClockBehind(state, nowMs, experiment.guard?.maxSkew ?? MAX_SKEW_MS) ?? findBlindness(state, rules, nowMs);
    if (gap) return done(nowMs, gap);
    const { endMs, hasBegun } = saved;
    const hold = new Hold(holdMs, isHoldAwaited, orderPlaceOf(place), { endMs, ...(hasBegun && { hasBegun }) }, () => clock.nowMs());
    const arm = (): void => {
      hold.arm();
      heartbeat(checkpoint());
      void announce(place);
    };
    if (hold.isArmed) arm(); // the attempt before may have died between its heartbeat and the signal
    const keeper = leaseMs === undefined ? undefined : new LeaseKeeper(ports.leases, orderPlaceOf(place), leaseMs, checkpoint);
    keeper?.start();
    const watching = watchSignals(ports, {
      experiment,
      place,
      clock,
      motions,
      missed(ms) {
        state = missTime(state, ms);
      },
      take(sample) {
        readings.take(sample);
        // Before the guard is armed a rate that still waits for its second scrape is no failure; blindness bounds the wait.
        if (!hold.isArmed && sample.measurement.kind !== 'value') return undefined;
        const seen = observe(state, rules, sample);
        state = seen.state;
        if (seen.breach) return done(clock.nowMs(), seen.breach);
        if (!hold.isArmed && isSeeing(state, rules)) arm();
        return undefined;
      },
      tick(nowMs) {
        const blindness = findBlindness(state, rules, nowMs);
        if (blindness) return done(nowMs, because(blindness, readings.problemOf(blindness.probe)));
        const leaseOver = keeper?.breach();
        if (leaseOver) return done(nowMs, leaseOver);
        return hold.isOver(nowMs) ? done(nowMs) : undefined;
      },
      checkpoint,
    }).catch((cause: unknown) => {
      throw handedOver(cause, left());
    });
    const outcome = await watching.finally(() => {
      keeper?.stop();
      hold.stop();
    });
    const lost = outcome.kind === 'held' ? await keeper?.lastLook() : undefined;
    return lost ? { ...outcome, kind: 'breached', breach: lost } : outcome;
  },
});

/** The failure of a guard that has to leave, but not because the run said so. */
export const GUARD_LEAVES = 'GuardLeaves';

/**
 * What a guard that was cancelled throws. Unless the run itself said so, it gives what it knew to the run, which gives it to the next
 * guard. Not to be retried by the server: it would keep a paused activity for ever, and the run would not learn that nobody watches.
 */
export function handedOver(cause: unknown, checkpoint: GuardCheckpoint): unknown {
  if (!(cause instanceof CancelledFailure) || cause.message === 'CANCELLED') return cause;
  const message = cause.message === 'WORKER_SHUTDOWN' ? 'its worker was asked to leave' : `it was taken away (${cause.message})`;
  return ApplicationFailure.create({
    message,
    type: GUARD_LEAVES,
    nonRetryable: true,
    category: ApplicationFailureCategory.BENIGN,
    details: [checkpoint],
  });
}

/** A blindness with the newest reason for it. */
const because = (breach: Breach, problem: string | undefined): Breach =>
  problem === undefined ? breach : { ...breach, rule: `${breach.rule}: ${problem}` };

const orderPlaceOf = ({ workflowId, wave, iteration }: SamplePlace): OrderPlace => ({ workflowId, wave, iteration });

/** Tells the run. The workflow takes the first of several; a run that is gone needs no telling. */
async function announce({ wave, iteration }: SamplePlace): Promise<void> {
  const { workflowExecution } = activityInfo();
  if (!workflowExecution) return;
  const { workflowId, runId } = workflowExecution;
  await getClient()
    .workflow.getHandle(workflowId, runId)
    .signal(GUARD_ARMED, `${wave}/${iteration}`, Date.now())
    .catch(() => undefined);
}
