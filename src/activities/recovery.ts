import { activityInfo } from '@temporalio/activity';
import { newRecoveryState, observeRecovery, outsideNow, type RecoveryRules, type RecoveryState } from '../domain/recovery.ts';
import { noteReturns, type ReadyTarget, type Returns } from '../domain/returns.ts';
import type { Violation } from '../domain/verdict.ts';
import { READY_TARGETS } from '../domain/survivors.ts';
import { countReady, type ExpectedPopulation } from './ready-targets.ts';
import type { SitePorts } from './ports.ts';
import type { SamplePlace } from './recorder.ts';
import type { Motions } from '../probes/sighted.ts';
import { signalDefinitions, type Signals } from './signals.ts';
import { SteadyClock } from './steady-clock.ts';
import { Readings, watchSignals, type LiveViewCheckpoint } from './watching.ts';

export interface RecoveryInput {
  experiment: Signals;
  place: SamplePlace;
  rules: RecoveryRules;
  /** Whose victims must have come back, as one more clause. Absent: nobody's. */
  population?: ExpectedPopulation;
  /** Absolute, epoch milliseconds: a retried attempt gets no more time than the first. */
  deadlineMs: number;
  /** Signals to sample; all when absent. */
  names?: string[];
}

/** `returns`: when each victim was back, where somebody looked. */
export type RecoveryOutcome = { returns?: Returns } & (
  | { kind: 'recovered'; sinceMs: number }
  | { kind: 'triggered'; index: number; rule: string; atMs: number }
  | { kind: 'deadline'; outside: Violation[] }
);

interface Checkpoint extends LiveViewCheckpoint {
  state: RecoveryState;
  motions?: Motions;
  returns?: Returns;
}

/** Creates the activity that waits for steady state: after an undo, and as the verification of a runbook step. */
export const createRecovery = (ports: Pick<SitePorts, 'probes' | 'records' | 'targets'>) => ({
  /**
   * Samples until every clause has held for `stableForMs`, a trigger calls for its runbook, or the deadline passes.
   * @throws CancelledFailure when it is cancelled
   */
  async awaitRecovery({ experiment, place, rules: given, population, deadlineMs, names }: RecoveryInput): Promise<RecoveryOutcome> {
    const back = population && { probe: READY_TARGETS, tolerance: { atLeast: population.ready } };
    const rules = back ? { ...given, clauses: [...given.clauses, back] } : given;
    const saved = activityInfo().heartbeatDetails as Checkpoint | undefined;
    let state = saved?.state ?? newRecoveryState(rules);
    const [clock, motions] = [new SteadyClock(), saved?.motions ?? {}];
    const readings = new Readings(signalDefinitions(experiment));
    let returns = saved?.returns ?? population?.returns;
    const look = (ready: ReadyTarget[]): void => {
      if (population?.hit) returns = noteReturns(returns, ready, population.hit, clock.nowMs());
    };
    const outcome = await watchSignals<RecoveryOutcome>(ports, {
      experiment,
      place,
      clock,
      motions,
      ...(names && { names }),
      ...(population && { more: [countReady(population, ports.targets, look)] }),
      take(sample) {
        readings.take(sample);
        const seen = observeRecovery(state, rules, sample);
        state = seen.state;
        if (seen.step.kind === 'waiting') return undefined;
        return seen.step.kind === 'triggered' ? { ...seen.step, atMs: clock.nowMs() } : seen.step;
      },
      tick: (nowMs) => (nowMs >= deadlineMs ? { kind: 'deadline', outside: outsideNow(state, rules) } : undefined),
      checkpoint: (): Checkpoint => ({ state, motions, ...(returns && { returns }), live: { readings: readings.list(), limits: [] } }),
    });
    return { ...outcome, ...(returns && { returns }) };
  },
});
