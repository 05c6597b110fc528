import type { Measurement } from '../domain/sample.ts';
import { failure, noData, valueOf } from './answer.ts';
import { type Counter, type Growth, GrowingTotals, SlidingGrowth } from './counters.ts';
import { defineProvider } from './define.ts';
import { type Exposition, parseExposition } from './exposition.ts';
import { msOf, resolveSecrets } from './fields.ts';
import { OpenMetricsSpec } from './openmetrics-schema.ts';
import type { ProbePorts } from './ports.ts';
import { boundOf, histogramQuantile } from './quantile.ts';
import { counters, familyType, select } from './series.ts';

const ACCEPT = 'text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.9, text/plain;q=0.5';

/** Asks for one scrape. @throws Error when it is none */
async function scrape(spec: OpenMetricsSpec, ports: ProbePorts, signal: AbortSignal): Promise<Exposition> {
  const headers = { accept: ACCEPT, ...(await resolveSecrets(spec.headers, ports.secrets)) };
  const { status, body, headers: got } = await ports.http.request({ url: spec.url, headers, maxBytes: spec.maxBytes, signal });
  if (status !== 200) throw new Error(`HTTP ${status}`);
  return parseExposition(body, got['content-type']);
}

function readValue(spec: OpenMetricsSpec, scraped: Exposition, nowMs: number): Measurement {
  const found = select(scraped, spec, nowMs);
  if (found.length === 0) return noData(`the scrape has no such series of ${spec.metric}`);
  return valueOf(found.reduce((sum, { value }) => sum + value, 0));
}

function refuseGauge(scraped: Exposition, metric: string): void {
  if (familyType(scraped, metric) === 'gauge')
    throw new Error(`${metric} is a gauge; only counters and histograms can be compared between scrapes`);
}

/** The counters that the reading compares, or why there are none. */
function pick(spec: OpenMetricsSpec, scraped: Exposition, nowMs: number): Counter[] | string {
  const { metric, labels, read } = spec;
  const isQuantile = typeof read === 'object' && 'quantile' in read;
  const name = isQuantile && !metric.endsWith('_bucket') ? `${metric}_bucket` : metric;
  refuseGauge(scraped, name);
  const found = select(scraped, { metric: name, labels }, nowMs);
  const missing = `the scrape has no such series of ${name}`;
  if (isQuantile) return found.length > 0 ? counters(found, (sample) => String(boundOf(sample.labels['le'] ?? ''))) : missing;
  if (typeof read !== 'object') return found.length > 0 ? counters(found, 'part') : missing;
  refuseGauge(scraped, read.ratioOf.metric);
  const whole = select(scraped, read.ratioOf, nowMs);
  if (whole.length === 0) return `the scrape has no such series of ${read.ratioOf.metric}`;
  if (found.length === 0 && familyType(scraped, metric) === undefined) return `the scrape does not know ${metric}`;
  return [...counters(found, 'part'), ...counters(whole, 'whole')];
}

function judge(read: Exclude<OpenMetricsSpec['read'], 'value'>, growth: Growth): Measurement {
  if (read === 'increase') return valueOf(growth.of('part'));
  if (read === 'rate') return valueOf((growth.of('part') / growth.elapsedMs) * 1_000);
  if ('quantile' in read) {
    const quantile = histogramQuantile(
      read.quantile,
      growth.groups.map((le) => ({ upper: boundOf(le), count: growth.of(le) })),
    );
    return quantile === undefined ? noData('no observations between the scrapes') : valueOf(quantile);
  }
  const whole = growth.of('whole');
  return whole > 0 ? valueOf(growth.of('part') / whole) : noData(`no events in ${read.ratioOf.metric} between the scrapes`);
}

function comparing(spec: OpenMetricsSpec, read: Exclude<OpenMetricsSpec['read'], 'value'>) {
  const isRatio = typeof read === 'object' && 'ratioOf' in read;
  const window = spec.window ?? (isRatio ? '60s' : undefined);
  const totals = new GrowingTotals();
  const sliding = new SlidingGrowth(window === undefined ? undefined : msOf(window));
  return (scraped: Exposition, nowMs: number): Measurement => {
    const picked = pick(spec, scraped, nowMs);
    if (typeof picked === 'string') return noData(picked);
    const growth = sliding.push(nowMs, totals.add(picked));
    return growth === undefined ? noData('no earlier scrape to compare with') : judge(read, growth);
  };
}

/**
 * Scrapes an endpoint without a Prometheus in between.
 *
 * In a ratio a missing numerator is 0 only when the scrape names its family (`# TYPE` or other labels): many exporters show a labelled
 * counter only once it counts. A family that is not there at all is no data, because the name may be misspelt; so is a missing denominator.
 */
export const openmetrics = defineProvider('openmetrics', {
  schema: OpenMetricsSpec,
  doc: {
    summary: 'Scrapes an endpoint in the Prometheus or OpenMetrics text format and reads values, rates, ratios and histogram quantiles.',
    unit: 'whatever the metric counts; rate: per second; quantile: the unit of the buckets; ratioOf: fraction',
    noData:
      'No such series, NaN, the first scrape of a reading that compares two, no observations (quantile), a denominator that did not grow (ratioOf). ' +
      'A page that is no exposition, another status than 200 or a gauge where a counter is needed is an error.',
  },
  open(spec, ports) {
    const { read } = spec;
    const compare = read === 'value' ? undefined : comparing(spec, read);
    return {
      async measure(signal) {
        const scraped = await scrape(spec, ports, signal);
        const nowMs = ports.nowMs();
        if (signal.aborted) return failure('interrupted');
        return compare ? compare(scraped, nowMs) : readValue(spec, scraped, nowMs);
      },
    };
  },
});
