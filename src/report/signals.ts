import type { RecordedSignal, SampleNumbers } from '../records/ports.ts';
import { readExperiment } from './experiment.ts';
import type { RunReport } from './model.ts';

/** What a signal did in one phase, over all waves. Null where there was no value. */
export type PhaseNumbers = Pick<SampleNumbers, 'phase' | 'values' | 'problems' | 'min' | 'median' | 'max'>;

/** One signal of a run, with its unit. */
export interface Signal extends RecordedSignal {
  unit: string;
  phases: PhaseNumbers[];
}

/** What of each signal's samples is still kept, when it is not all of them. */
export const KEPT_LESS = 'The samples are no longer kept: the plot is drawn from buckets of them, every number was reckoned from all.';
export const KEPT_LEAST =
  'Neither samples nor buckets are kept any more: every number was reckoned from all samples, and there is no plot.';

/** The unit of a probe, or nothing. */
export function unitOf(experiment: unknown, probe: string): string {
  const { probes } = readExperiment(experiment);
  return Object.hasOwn(probes, probe) ? (probes[probe]?.unit ?? '') : '';
}

/** Adds the units and the numbers of each phase. */
export const signalsOf = ({ run, signals }: Pick<RunReport, 'run' | 'signals'>): Signal[] =>
  signals.map((signal) => ({
    ...signal,
    unit: unitOf(run.experiment, signal.probe),
    phases: signal.numbers
      .filter(({ wave }) => wave === null)
      .map(({ phase, values, problems, min, median, max }) => ({ phase, values, problems, min, median, max })),
  }));

/** How many values, and how many answers without one, in words. */
export const countsOf = ({ values, problems }: Pick<PhaseNumbers, 'values' | 'problems'>): string =>
  `${values} values, ${problems} without`;
