import type { Precondition, StopCondition } from './experiment/conditions.ts';
import type { Sample } from './sample.ts';
import { coverage, emptySummary, median, summarise, type Summary } from './summary.ts';
import { describeTolerance, isWithin } from './tolerance.ts';
import { MIN_COVERAGE } from './verdict.ts';

/** What the signals did before the fault. */
export interface Baseline {
  summaries: Record<string, Summary>;
  medians: Record<string, number>;
}

/** A clause that does not hold, with the numbers. */
export interface Unmet {
  probe: string;
  tolerance: string;
  why: string;
}

/** `errors (≤ 0.001): median 0.5; queue (has data): no data`. */
export const describeUnmet = (unmet: readonly Unmet[]): string =>
  unmet.map(({ probe, tolerance, why }) => `${probe} (${tolerance}): ${why}`).join('; ');

/**
 * Sums up a baseline. Answers without data before a signal's first value are its warm-up (a rate needs two scrapes)
 * and do not count; a signal without any value has only problems.
 */
export function sumUpBaseline(samples: readonly Sample[]): Baseline {
  const bySignal = new Map<string, Sample[]>();
  for (const sample of samples) bySignal.set(sample.probe, [...(bySignal.get(sample.probe) ?? []), sample]);
  const baseline: Baseline = { summaries: {}, medians: {} };
  for (const [probe, all] of bySignal) {
    const first = all.findIndex(({ measurement }) => measurement.kind === 'value');
    const counted = first < 0 ? all : all.slice(first);
    baseline.summaries[probe] = counted.reduce((summary, { measurement }) => summarise(summary, measurement), emptySummary);
    const middle = median(counted.flatMap(({ measurement }) => (measurement.kind === 'value' ? [measurement.value] : [])));
    if (middle !== undefined) baseline.medians[probe] = middle;
  }
  return baseline;
}

/** The clauses that the baseline does not prove: both the median and the newest value must lie within. No data proves nothing. */
export function findUnmet(clauses: readonly Precondition[], { summaries, medians }: Baseline): Unmet[] {
  return clauses.flatMap(({ probe, tolerance }) => {
    const summary = summaries[probe] ?? emptySummary;
    const middle = medians[probe];
    const unmet = (why: string): Unmet[] => [{ probe, tolerance: describeTolerance(tolerance), why }];
    if (middle === undefined || summary.last === null) return unmet(`no data${summary.lastProblem ? `: ${summary.lastProblem}` : ''}`);
    if (coverage(summary) < MIN_COVERAGE)
      return unmet(`${summary.problems} of ${summary.values + summary.problems} answers had no value: ${summary.lastProblem ?? ''}`);
    if (!isWithin(tolerance, middle)) return unmet(`median ${middle}`);
    return isWithin(tolerance, summary.last) ? [] : unmet(`last value ${summary.last}`);
  });
}

/**
 * The incidents that go on already: conditions marked so whose limit the baseline does not keep, whatever their `for` says.
 * Those against the baseline have nothing to be compared with yet.
 */
export function findIncidents(conditions: readonly StopCondition[], baseline: Baseline): Unmet[] {
  const quiet = conditions.flatMap(({ incident, probe, above, below }): Precondition[] => {
    if (!incident || (above === undefined && below === undefined)) return [];
    return [{ probe, tolerance: above === undefined ? { atLeast: below } : { atMost: above } }];
  });
  return findUnmet(quiet, baseline).map((unmet) => ({ ...unmet, tolerance: `no incident: ${unmet.tolerance}` }));
}
