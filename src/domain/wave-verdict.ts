import type { Spec } from './order.ts';
import type { WavePlan } from './plan.ts';
import { decide, type IterationFacts, type RunFacts, type Verdict } from './verdict.ts';

/** How one wave of a run ended, and what it was. Evidence for later runs. Small and JSON. */
export interface WaveVerdict {
  wave: string;
  verdict: Verdict;
  rule: string;
  reason: string;
  /** Nothing was done, to learn the noise. */
  rehearsal: boolean;
  /** Iterations that were back in time, of those that had something to recover from. */
  recovered: number;
  of: number;
  fault: Spec;
  targets: Spec;
}

const isInTime = ({ recovery }: IterationFacts): boolean => recovery.kind === 'recovered' && recovery.inMs <= recovery.withinMs;

/** Undone early by a pause, a recovery shows nothing; that it failed all the same shows something. */
const counts = (one: IterationFacts): boolean => one.recovery.kind !== 'not-needed' && (one.interruptedBy === undefined || !isInTime(one));

/** What belongs to one wave. What stopped the run belongs to the wave that it stopped: one that was done already keeps its own verdict. */
function factsOf(facts: RunFacts, wave: string, isDone: boolean): RunFacts {
  const { waveDenied: _next, denied: _none, incident, leftovers, ...rest } = facts;
  const always = { leftovers, ...(incident !== undefined && { incident }) };
  return {
    ...(isDone ? {} : rest),
    ...always,
    iterations: facts.iterations.filter((one) => one.wave === wave),
    comparisons: (facts.comparisons ?? []).filter((one) => one.wave === wave),
    wavesPlanned: 1,
    wavesDone: isDone ? 1 : 0,
  };
}

/**
 * A verdict for each wave that was begun and is no dry run, by the rules of the run's own (`decide`), in the order of the waves.
 * @param waves all waves of the plan, in order
 */
export function waveVerdicts(facts: RunFacts, waves: readonly Pick<WavePlan, 'name' | 'dryRun' | 'fault' | 'targets'>[]): WaveVerdict[] {
  return waves.flatMap(({ name, dryRun, fault, targets }, i) => {
    const mine = factsOf(facts, name, i < facts.wavesDone);
    if (dryRun || mine.iterations.length === 0) return [];
    const counted = mine.iterations.filter(counts);
    return [
      {
        wave: name,
        ...decide(mine),
        rehearsal: mine.iterations.every(({ rehearsal }) => rehearsal === true),
        recovered: counted.filter(isInTime).length,
        of: counted.length,
        fault,
        targets,
      },
    ];
  });
}
