import { median } from '../domain/summary.ts';
import type { RecordedSample, SamplePhase } from '../records/ports.ts';
import { readExperiment } from './experiment.ts';
import { groupBy } from './group.ts';
import type { RunReport } from './model.ts';

/** What a signal did in one phase, over all waves. Null where there was no value. */
export interface PhaseNumbers {
  phase: SamplePhase;
  values: number;
  /** Answers without a value: no data, or a failure to ask. */
  problems: number;
  min: number | null;
  median: number | null;
  max: number | null;
}

/** One signal of a run. */
export interface Signal {
  probe: string;
  unit: string;
  samples: RecordedSample[];
  phases: PhaseNumbers[];
}

function numbersOf(phase: SamplePhase, samples: readonly RecordedSample[]): PhaseNumbers {
  const values = samples.flatMap(({ measurement }) => (measurement.kind === 'value' ? [measurement.value] : []));
  const extreme = (pick: (a: number, b: number) => number): number | null => (values.length ? values.reduce(pick) : null);
  return {
    ...{ phase, values: values.length, problems: samples.length - values.length },
    ...{ min: extreme((a, b) => Math.min(a, b)), median: median(values) ?? null, max: extreme((a, b) => Math.max(a, b)) },
  };
}

/** All signals by name, with their numbers per phase. */
export function signalsOf({ run, samples }: Pick<RunReport, 'run' | 'samples'>): Signal[] {
  const { probes } = readExperiment(run.experiment);
  const byProbe = [...groupBy(samples, ({ probe }) => probe)].sort(([a], [b]) => (a < b ? -1 : 1));
  return byProbe.map(([probe, own]) => {
    const phases = [...groupBy(own, ({ phase }) => phase).values()].map((group) => numbersOf(group[0]?.phase ?? 'baseline', group));
    return { probe, unit: Object.hasOwn(probes, probe) ? (probes[probe]?.unit ?? '') : '', samples: own, phases };
  });
}
