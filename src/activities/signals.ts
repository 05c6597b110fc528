import type { Experiment, ProbeDefinition } from '../domain/experiment/experiment.ts';
import type { OpenProbe } from '../probes/define.ts';
import { openProbe } from '../probes/index.ts';
import type { ProbePorts } from '../probes/ports.ts';
import { refuse } from './refuse.ts';

/** A signal that can be asked. */
export interface OpenSignal {
  name: string;
  everyMs: number;
  timeoutMs: number;
  probe: OpenProbe;
}

/** The probes as written, and the two signals that each SLO yields. */
export function signalDefinitions({ probes, slo }: Pick<Experiment, 'probes' | 'slo'>): Record<string, ProbeDefinition> {
  const derived = Object.entries(slo).flatMap(
    ([name, { objective, burnRateOver, good, total, every, timeout }]): [string, ProbeDefinition][] => [
      [`${name}.budget-remaining`, { provider: { kind: 'slo-budget', objective, good, total }, unit: 'ratio', every, timeout }],
      [
        `${name}.burn-rate`,
        { provider: { kind: 'slo-burn-rate', objective, good, total, window: `${burnRateOver}ms` }, unit: '×', every, timeout },
      ],
    ],
  );
  return { ...probes, ...Object.fromEntries(derived) };
}

/** Opens signals by name; all of them when no names are given. */
export function openSignals(experiment: Pick<Experiment, 'probes' | 'slo'>, ports: ProbePorts, names?: readonly string[]): OpenSignal[] {
  const definitions = signalDefinitions(experiment);
  return (names ?? Object.keys(definitions)).map((name) => {
    const definition = definitions[name];
    if (!definition) throw refuse('UnknownProbe', `no probe '${name}'; there are ${Object.keys(definitions).join(', ')}`);
    return { name, everyMs: definition.every, timeoutMs: definition.timeout, probe: openProbe(definition.provider, ports) };
  });
}

/** Closes what the probes keep open; a probe that cannot be closed must not hide the result. */
export const closeSignals = async (signals: readonly OpenSignal[]): Promise<void> => {
  await Promise.allSettled(signals.map(async ({ probe }) => probe.close?.()));
};
