import type { Provenance } from '../domain/sight.ts';
import type { Counter } from './counters.ts';
import type { Exposition, Sample } from './exposition.ts';
import type { OpenMetricsSpec } from './openmetrics-schema.ts';
import { boundOf } from './quantile.ts';
import { counters, familyType, select } from './series.ts';
import { oldest } from './source-time.ts';

/** The counters that a reading compares, and what is known of their origin. */
export interface Picked {
  counters: Counter[];
  origin: Provenance;
}

/** The time of the oldest sample that carries one. */
export function timeOf(samples: readonly Sample[]): Provenance {
  const sourceAtMs = oldest(samples.map(({ timestampMs }) => timestampMs));
  return sourceAtMs === undefined ? {} : { sourceAtMs };
}

/** What a probe of counters must see moving under load: their sum, and of a ratio that of the denominator. A rate of 0 looks like calm. */
const picked = (made: Counter[], from: readonly Sample[], moving: readonly Sample[]): Picked => ({
  counters: made,
  origin: { ...timeOf(from), raw: moving.reduce((sum, { value }) => sum + value, 0) },
});

function refuseGauge(scraped: Exposition, metric: string): void {
  if (familyType(scraped, metric) === 'gauge')
    throw new Error(`${metric} is a gauge; only counters and histograms can be compared between scrapes`);
}

/** @returns the counters, or why there are none @throws Error when a gauge stands where a counter is needed */
export function pick(spec: OpenMetricsSpec, scraped: Exposition, nowMs: number): Picked | string {
  const { metric, labels, read } = spec;
  const isQuantile = typeof read === 'object' && 'quantile' in read;
  const name = isQuantile && !metric.endsWith('_bucket') ? `${metric}_bucket` : metric;
  refuseGauge(scraped, name);
  const found = select(scraped, { metric: name, labels }, nowMs);
  if (found.length === 0 && (isQuantile || typeof read !== 'object')) return `the scrape has no such series of ${name}`;
  if (isQuantile)
    return picked(
      counters(found, (sample) => String(boundOf(sample.labels['le'] ?? ''))),
      found,
      found,
    );
  if (typeof read !== 'object') return picked(counters(found, 'part'), found, found);
  refuseGauge(scraped, read.ratioOf.metric);
  const whole = select(scraped, read.ratioOf, nowMs);
  if (whole.length === 0) return `the scrape has no such series of ${read.ratioOf.metric}`;
  if (found.length === 0 && familyType(scraped, metric) === undefined) return `the scrape does not know ${metric}`;
  return picked([...counters(found, 'part'), ...counters(whole, 'whole')], [...found, ...whole], whole);
}
