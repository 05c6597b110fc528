import type { Counter } from './counters.ts';
import type { Exposition, Sample } from './exposition.ts';

/** Samples that the exporter itself dates further back than this are not there any more, as in Prometheus. */
const STALE_AFTER_MS = 300_000;
const SUFFIXES = ['_total', '_bucket', '_count', '_sum', '_created', '_info', ''];

/** A counter of a scrape, chosen by name and labels. */
export interface Selector {
  metric: string;
  labels: Record<string, string>;
}

const identity = ({ name, labels }: Sample): string =>
  JSON.stringify([name, ...Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))]);

/** The series with the name and (at least) the labels. @throws Error when one series comes twice */
export function select({ samples }: Exposition, { metric, labels }: Selector, nowMs: number): Sample[] {
  const wanted = Object.entries(labels);
  const found = samples.filter(
    (sample) =>
      sample.name === metric &&
      wanted.every(([label, value]) => (sample.labels[label] ?? '') === value) &&
      (sample.timestampMs === undefined || nowMs - sample.timestampMs <= STALE_AFTER_MS),
  );
  if (new Set(found.map(identity)).size < found.length) throw new Error(`the scrape has a series of ${metric} twice`);
  return found;
}

/** Samples as counters of one group (or the group that each says). @throws Error when a counter is negative or not finite */
export function counters(samples: readonly Sample[], group: string | ((sample: Sample) => string)): Counter[] {
  return samples.map((sample) => {
    if (!Number.isFinite(sample.value) || sample.value < 0) throw new Error(`${sample.name} is ${sample.value}, which no counter is`);
    const name = typeof group === 'string' ? group : group(sample);
    return { series: `${name} ${identity(sample)}`, group: name, value: sample.value };
  });
}

/** Type of the family that the series belongs to; undefined when the scrape knows nothing of it. */
export function familyType({ families, samples }: Exposition, metric: string): string | undefined {
  for (const suffix of SUFFIXES) {
    const type = metric.endsWith(suffix) ? families.get(metric.slice(0, metric.length - suffix.length)) : undefined;
    if (type !== undefined) return type;
  }
  return samples.some(({ name }) => name === metric) ? 'unknown' : undefined;
}
