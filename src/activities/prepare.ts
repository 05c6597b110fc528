import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { findIncidents, findUnmet, sumUpBaseline, type Baseline, type Unmet } from '../domain/baseline.ts';
import type { Experiment } from '../domain/experiment/experiment.ts';
import { guardRules } from '../domain/guard.ts';
import type { Spec } from '../domain/order.ts';
import type { WavePlan } from '../domain/plan.ts';
import type { Sample } from '../domain/sample.ts';
import { chooseVictims, type Choice } from '../domain/selection.ts';
import type { Population, ProtectedTarget } from '../domain/target.ts';
import { targets } from '../targets/index.ts';
import type { TargetPorts } from '../targets/ports.ts';
import type { SitePorts } from './ports.ts';
import type { SamplePlace } from './recorder.ts';
import { refuse } from './refuse.ts';
import { signalDefinitions } from './signals.ts';
import { Readings, watchSignals } from './watching.ts';

export interface PrepareInput {
  experiment: Experiment;
  wave: WavePlan;
  place: SamplePlace;
  seed: number;
  alreadyHit: string[];
  /** Ids of the victims of an iteration that a pause interrupted: it is repeated on them, and on nobody else. */
  again?: string[];
}

/** What is known before a wave's guard is armed. Nothing may be injected while `unmet` is not empty. */
export interface Preparation {
  unmet: Unmet[];
  baseline: Baseline;
  choice: Choice;
  populationSize: number;
  /** The first few of those that must not be hit, with the reason. */
  protectedTargets: ProtectedTarget[];
}

const MAX_PROTECTED_SHOWN = 20;

const discover = (spec: Spec, site: string, ports: TargetPorts, signal: AbortSignal): Promise<Population> => {
  const kind = targets[spec.kind as keyof typeof targets] as
    { discover(...args: [Spec, TargetPorts, string, AbortSignal]): Promise<Population> } | undefined;
  if (!kind) throw refuse('UnknownTarget', `no target kind '${spec.kind}'; there are ${Object.keys(targets).join(', ')}`);
  return kind.discover(spec, ports, site, signal);
};

/** Finds the population and chooses from it, under the caps. Used by `plan` and, again, by every wave. */
export async function choose(
  input: Omit<PrepareInput, 'place'>,
  ports: TargetPorts,
  signal: AbortSignal,
): Promise<Omit<Preparation, 'unmet' | 'baseline'>> {
  const { experiment, wave, seed, alreadyHit, again } = input;
  const population = await discover(experiment.targets, experiment.site, ports, signal);
  const narrowed = wave.targets === experiment.targets ? population : await discover(wave.targets, experiment.site, ports, signal);
  const everybody = new Set([...population.targets, ...narrowed.targets].map(({ id }) => id));
  const choice = chooseVictims({
    eligible: again ? narrowed.targets.filter(({ id }) => again.includes(id)) : narrowed.targets,
    populationSize: everybody.size,
    selection: wave.selection,
    caps: experiment.blastRadius,
    alreadyHit,
    seed,
  });
  return { choice, populationSize: everybody.size, protectedTargets: narrowed.protected.slice(0, MAX_PROTECTED_SHOWN) };
}

/**
 * Measures the baseline: as long as the wave says, and until every watched signal has given a value (a rate needs two scrapes),
 * but no longer than the guard would bear to be blind.
 */
async function measureBaseline({ experiment, place, wave }: PrepareInput, ports: SitePorts): Promise<Baseline> {
  const samples: Sample[] = [];
  const readings = new Readings(signalDefinitions(experiment));
  const endMs = Date.now() + wave.baselineMs;
  const unseen = new Set(guardRules(experiment, {}).watched);
  await watchSignals<true>(ports, {
    experiment,
    place,
    take(sample) {
      samples.push(sample);
      readings.take(sample);
      if (sample.measurement.kind === 'value') unseen.delete(sample.probe);
      return undefined;
    },
    tick: (nowMs) => (nowMs >= endMs && (unseen.size === 0 || nowMs >= endMs + experiment.guard.maxBlind) ? true : undefined),
    checkpoint: () => ({ live: { readings: readings.list(), limits: [] } }),
  });
  return sumUpBaseline(samples);
}

/** What the baseline leaves unproven: preconditions, steady state, and any watched signal that gave nothing to see. */
function findObstacles({ experiment }: PrepareInput, baseline: Baseline): Unmet[] {
  const unseen = guardRules(experiment, baseline.medians).watched.filter((name) => baseline.medians[name] === undefined);
  return [
    ...unseen.map((probe): Unmet => ({
      probe,
      tolerance: 'has data',
      why: `no data${baseline.summaries[probe]?.lastProblem ? `: ${baseline.summaries[probe].lastProblem}` : ''}`,
    })),
    ...findIncidents(experiment.stopConditions, baseline),
    ...findUnmet(experiment.preconditions, baseline),
    ...findUnmet(experiment.steadyState, baseline),
  ].filter(({ probe, tolerance }, i, all) => all.findIndex((other) => other.probe === probe && other.tolerance === tolerance) === i);
}

/** Creates the activity that prepares an iteration: baseline, preconditions, steady state, and the choice of victims. */
export const createPrepare = (ports: SitePorts) => ({
  /** @throws CancelledFailure when the run is aborted */
  async prepareWave(input: PrepareInput): Promise<Preparation> {
    const baseline = await measureBaseline(input, ports);
    heartbeat();
    const chosen = await choose(input, ports.targets, cancellationSignal());
    return { unmet: findObstacles(input, baseline), baseline, ...chosen };
  },
});
