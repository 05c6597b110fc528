import type { Experiment, ProbeDefinition } from '../domain/experiment/experiment.ts';
import type { SightRules } from '../domain/sight.ts';
import type { OpenProbe } from '../probes/define.ts';
import { openProbe } from '../probes/index.ts';
import type { ProbePorts } from '../probes/ports.ts';
import { sighted, type Motions } from '../probes/sighted.ts';
import { refuse } from './refuse.ts';

/** The signals of an experiment, and how wrong their sources' clocks may be. */
export type Signals = Pick<Experiment, 'probes' | 'slo'> & { guard?: Partial<Pick<Experiment['guard'], 'maxSkew'>> };

/** For a run that was admitted before `maxSkew` could be written. */
export const MAX_SKEW_MS = 5_000;

/** A signal that can be asked. */
export interface OpenSignal {
  name: string;
  everyMs: number;
  timeoutMs: number;
  probe: OpenProbe;
}

/** The probes as written, and the two signals that each SLO yields. */
export function signalDefinitions({ probes, slo }: Pick<Experiment, 'probes' | 'slo'>): Record<string, ProbeDefinition> {
  const derived = Object.entries(slo).flatMap(([name, objectives]): [string, ProbeDefinition][] => {
    const { objective, burnRateOver, good, total, every, timeout, maxAge, mustMoveWithin } = objectives;
    const common = { every, timeout, maxAge, mustMoveWithin };
    const rate = { kind: 'slo-burn-rate', objective, good, total, window: `${burnRateOver}ms` };
    return [
      [`${name}.budget-remaining`, { ...common, provider: { kind: 'slo-budget', objective, good, total }, unit: 'ratio' }],
      [`${name}.burn-rate`, { ...common, provider: rate, unit: '×' }],
    ];
  });
  return { ...probes, ...Object.fromEntries(derived) };
}

/** How signals are looked at. */
export interface Look {
  /** All when absent. */
  names?: readonly string[] | undefined;
  /** The clock for durations, epoch milliseconds; the wall's when absent. */
  steadyMs?: () => number;
  /** Where the signals that must move stood; kept up to date. Absent: a look too short to judge motion, so it is not asked for. */
  motions?: Motions | undefined;
}

/** Opens signals by name. What they answer is judged: stale, frozen or wrongly dated readings are no values. */
export function openSignals(experiment: Signals, ports: ProbePorts, { names, steadyMs = ports.nowMs, motions }: Look = {}): OpenSignal[] {
  const definitions = signalDefinitions(experiment);
  const maxSkewMs = experiment.guard?.maxSkew ?? MAX_SKEW_MS;
  return (names ?? Object.keys(definitions)).map((name) => {
    const definition = definitions[name];
    if (!definition) throw refuse('UnknownProbe', `no probe '${name}'; there are ${Object.keys(definitions).join(', ')}`);
    const { every, timeout, maxAge, mustMoveWithin } = definition;
    const rules: SightRules = {
      maxSkewMs,
      maxAgeMs: maxAge,
      defaultMaxAgeMs: 3 * every + timeout,
      mustMoveWithinMs: motions && mustMoveWithin,
    };
    const probe = sighted(openProbe(definition.provider, ports), name, rules, { wallMs: ports.nowMs, steadyMs }, motions ?? {});
    return { name, everyMs: every, timeoutMs: timeout, probe };
  });
}

/** Closes what the probes keep open; a probe that cannot be closed must not hide the result. */
export const closeSignals = async (signals: readonly OpenSignal[]): Promise<void> => {
  await Promise.allSettled(signals.map(async ({ probe }) => probe.close?.()));
};
