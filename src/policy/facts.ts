import type { Experiment } from '../domain/experiment/experiment.ts';
import { FENCE } from '../domain/order.ts';
import { resolveWaves, type Plan, type WavePlan } from '../domain/plan.ts';

/** A wave as rules see it. */
export interface WaveFacts {
  name: string;
  dryRun: boolean;
  fault: string;
  targetKind: string;
  /** Absent: the target is in no namespace, such as a process or a node. */
  namespace?: string;
  holdMs: number;
  iterations: number;
  gate: 'auto' | 'approval';
}

/** All that rules may judge by. Who asks is a claim, and the hour is that of the control worker. */
export interface Facts {
  atMs: number;
  requestedBy: string;
  /** The digest of the plan. */
  plan: string;
  environment: string;
  service: string;
  owner: string;
  site: string;
  dataClass: string;
  tier?: string;
  tenant?: string;
  group?: string;
  ticket?: string;
  labels: Record<string, string>;
  timeScale: number;
  approvalsRequired: number;
  /** Runbooks that follow the undo of a stopped wave. */
  rollbacks: string[];
  /** Namespaces in which a runbook may repair something. */
  repairNamespaces: string[];
  maxVictims: number;
  maxConcurrent: number;
  /** Share of the population, 0–1; 1: the plan sets no such cap. */
  maxPercent: number;
  survivorsAtLeast: number;
  /** In their order. A live wave that sets a traffic fence is followed by what the fence does, under its name: a `traffic-share` on a `route`. */
  waves: WaveFacts[];
  /** The wave that is about to begin; absent: the run itself. */
  wave?: string;
}

/** Who asks, when, and for which wave. */
export type Occasion = Pick<Facts, 'atMs' | 'requestedBy' | 'wave'>;

/** What a plan says of itself, for the rules. */
export function factsOf({ experiment, digest, timeScale }: Plan, occasion: Occasion): Facts {
  const { metadata, blastRadius, site, approvals, rollbacks } = experiment;
  const { tier, tenant, group, ticket } = metadata;
  return {
    ...occasion,
    plan: digest,
    environment: metadata.environment,
    service: metadata.service,
    owner: metadata.owner,
    site,
    dataClass: metadata.dataClass,
    ...(tier !== undefined && { tier }),
    ...(tenant !== undefined && { tenant }),
    ...(group !== undefined && { group }),
    ...(ticket !== undefined && { ticket }),
    labels: metadata.labels,
    timeScale,
    approvalsRequired: approvals.required,
    rollbacks,
    repairNamespaces: repairNamespaces(experiment),
    maxVictims: blastRadius.maxVictims,
    maxConcurrent: blastRadius.maxConcurrent,
    maxPercent: blastRadius.maxPercent ?? 1,
    survivorsAtLeast: blastRadius.survivorsAtLeast,
    waves: resolveWaves(experiment).flatMap((wave) => withFence(waveFacts(wave), experiment)),
  };
}

function waveFacts({ name, dryRun, fault, targets, holdMs, iterations, gate }: WavePlan): WaveFacts {
  const namespace = namespaceOf(targets);
  return {
    name,
    dryRun,
    fault: fault.kind,
    targetKind: targets.kind,
    ...(namespace !== undefined && { namespace }),
    holdMs,
    iterations,
    gate,
  };
}

/** A route says where it is in its `route`. */
function namespaceOf({ namespace, route }: WavePlan['targets']): string | undefined {
  const stated = namespace ?? (typeof route === 'object' && route !== null && 'namespace' in route ? route.namespace : undefined);
  return typeof stated === 'string' ? stated : undefined;
}

/** Setting a fence changes a route: rules judge it as they judge a fault. To watch a share changes nothing. */
const withFence = (wave: WaveFacts, { traffic }: Experiment): WaveFacts[] =>
  wave.dryRun || traffic?.set === undefined
    ? [wave]
    : [wave, { ...wave, fault: FENCE, targetKind: 'route', namespace: traffic.route.namespace }];

const repairNamespaces = ({ runbooks }: Experiment): string[] => [
  ...new Set(
    Object.values(runbooks)
      .flatMap(({ steps }) => steps.map(({ remedy }) => remedy['namespace']))
      .filter((namespace) => typeof namespace === 'string'),
  ),
];

/** The waves that are judged: before the run all of them, before a wave that one. A name that the plan does not know is nobody's: all. */
export function judgedWaves({ waves, wave }: Pick<Facts, 'waves' | 'wave'>): WaveFacts[] {
  const named = waves.filter(({ name }) => name === wave);
  return named.length > 0 ? named : waves;
}
