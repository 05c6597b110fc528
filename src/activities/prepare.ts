import { cancellationSignal, heartbeat, sleep } from '@temporalio/activity';
import { findIncidents, findUnmet, sumUpBaseline, type Baseline, type Unmet } from '../domain/baseline.ts';
import type { Experiment } from '../domain/experiment/experiment.ts';
import { guardRules } from '../domain/guard.ts';
import type { WavePlan } from '../domain/plan.ts';
import type { Sample } from '../domain/sample.ts';
import { chooseVictims, type Choice } from '../domain/selection.ts';
import { accessObstacles } from '../domain/kubernetes/grant.ts';
import { floorOf, type Headcount } from '../domain/survivors.ts';
import { whyForeign } from '../domain/site-environments.ts';
import type { ProtectedTarget, UnreadyTarget } from '../domain/target.ts';
import type { TargetPorts } from '../targets/ports.ts';
import { createAccessCheck } from './access.ts';
import { beating } from './beating.ts';
import { discover, readyOf } from './discover.ts';
import { checkFence, type FencePreparation } from './fences.ts';
import { foreseeRefusal } from './foresee.ts';
import type { SitePorts } from './ports.ts';
import type { SamplePlace } from './recorder.ts';
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
  /** The population when the run began; absent before that. */
  before?: Headcount;
}

/** What is known before a wave's guard is armed. Nothing may be injected while `unmet` is not empty. */
export interface Preparation {
  unmet: Unmet[];
  baseline: Baseline;
  choice: Choice;
  populationSize: number;
  /** How many of the population live and are ready. Absent in what earlier versions prepared. */
  ready?: number;
  /** How many of those that the wave aims at live and are ready. Absent in what earlier versions prepared. */
  aimedAt?: number;
  /** Why the system itself would refuse what the fault does to the chosen ones, such as a spent disruption budget. */
  refusal?: string;
  /** The first few of those that are not, with the reason. */
  unready?: UnreadyTarget[];
  /** The first few of those that must not be hit, with the reason. */
  protectedTargets: ProtectedTarget[];
  /** What the canary gets of the traffic. Absent: the experiment does not fence it. */
  fence?: FencePreparation;
}

/** Who is there, and who of them would be hit. */
export type Chosen = Omit<Preparation, 'unmet' | 'baseline' | 'refusal' | 'fence'>;

const MAX_SHOWN = 20;
/** How often a population that is smaller than the run's first one is looked at before it is taken for so, and how far apart. */
const LOOKS = 3;
const LOOK_AGAIN_MS = 500;

/** Finds the population and chooses from it, under the caps. Used by `plan` and, again, by every wave. */
export async function choose(input: Omit<PrepareInput, 'place'>, ports: TargetPorts, signal: AbortSignal): Promise<Chosen> {
  const { experiment, wave, seed, alreadyHit, again, before } = input;
  const population = await discover(experiment.targets, experiment.site, ports, signal);
  const narrowed = wave.targets === experiment.targets ? population : await discover(wave.targets, experiment.site, ports, signal);
  const everybody = new Set([...population.targets, ...narrowed.targets].map(({ id }) => id));
  const away = new Map([...population.unready, ...narrowed.unready].map((target) => [target.id, target]));
  const choice = chooseVictims({
    eligible: narrowed.targets.filter(({ id }) => !away.has(id) && (again?.includes(id) ?? true)),
    populationSize: everybody.size,
    readySize: everybody.size - away.size,
    floor: floorOf(experiment.blastRadius.survivorsAtLeast, Math.max(population.targets.length, before?.size ?? 0)),
    selection: wave.selection,
    caps: experiment.blastRadius,
    alreadyHit,
    seed,
  });
  return {
    choice,
    populationSize: everybody.size,
    ready: readyOf(population).length,
    aimedAt: readyOf(narrowed).length,
    unready: [...away.values()].slice(0, MAX_SHOWN),
    protectedTargets: narrowed.protected.slice(0, MAX_SHOWN),
  };
}

/** Chooses from the population as it is; one that seems smaller than when the run began is looked at again, because a busy target answers late. */
async function chooseWhole(input: PrepareInput, ports: TargetPorts): Promise<Chosen> {
  for (let look = 1; ; look++) {
    const chosen = await choose(input, ports, cancellationSignal());
    if (look === LOOKS || (chosen.ready ?? 0) >= (input.before?.ready ?? 0)) return chosen;
    await sleep(LOOK_AGAIN_MS);
  }
}

async function chooseAndForesee(input: PrepareInput, ports: SitePorts): Promise<{ chosen: Chosen; refusal: string | undefined }> {
  const chosen = await chooseWhole(input, ports.targets);
  return { chosen, refusal: await foreseeRefusal(input.wave.fault, chosen.choice.victims, ports.faults, cancellationSignal()) };
}

/**
 * Measures the baseline: as long as the wave says, and until every signal that the guard watches or that must hold before the wave has given
 * a value (a rate needs two scrapes), but no longer than the guard would bear to be blind.
 */
async function measureBaseline({ experiment, place, wave }: PrepareInput, ports: SitePorts): Promise<Baseline> {
  const samples: Sample[] = [];
  const readings = new Readings(signalDefinitions(experiment));
  const endMs = Date.now() + wave.baselineMs;
  const required = [...experiment.preconditions, ...experiment.steadyState].map(({ probe }) => probe);
  const unseen = new Set([...guardRules(experiment, {}).watched, ...required]);
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

/** What the site's own worker has against a run; nothing is looked at for it. */
export function foreignObstacles({ site, environments }: Pick<SitePorts, 'site' | 'environments'>, { metadata }: Experiment): Unmet[] {
  const why = whyForeign(environments, site, metadata.environment);
  return why === undefined ? [] : [{ probe: 'site', tolerance: 'its own environments', why }];
}

/** Whoever may not do what the experiment needs cannot look at the cluster either: nothing is measured, nobody is chosen. */
const refused = (unmet: Unmet[]): Preparation => ({
  unmet,
  baseline: sumUpBaseline([]),
  choice: { victims: [], wanted: 0, reductions: [] },
  populationSize: 0,
  protectedTargets: [],
});

/** Creates the activity that prepares an iteration: access to the cluster, baseline, preconditions, steady state, the
 * choice of victims, and the canary's traffic. */
export const createPrepare = (ports: SitePorts, checkAccess = createAccessCheck(ports.targets.kubernetes)) => ({
  /** @throws CancelledFailure when the run is aborted; KubernetesError while the cluster does not answer */
  async prepareWave(input: PrepareInput): Promise<Preparation> {
    const foreign = foreignObstacles(ports, input.experiment);
    if (foreign.length > 0) return refused(foreign);
    const access = await beating(() => checkAccess(input.experiment, cancellationSignal())); // an API server may be slow
    const missing = access ? accessObstacles(access, input.experiment.metadata.name) : [];
    if (missing.length > 0) return refused(missing);
    heartbeat();
    const baseline = await measureBaseline(input, ports);
    heartbeat();
    const { chosen, refusal, check } = await beating(async () => ({
      ...(await chooseAndForesee(input, ports)),
      check: await checkFence(input.experiment, ports.targets, cancellationSignal()),
    }));
    const unmet = [...findObstacles(input, baseline), ...(check?.unmet ?? [])];
    return { unmet, baseline, ...chosen, ...(refusal !== undefined && { refusal }), ...(check && { fence: check.fence }) };
  },
});
