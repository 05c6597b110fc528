import type { Measurement } from '../domain/sample.ts';
import type { Reading } from '../domain/sight.ts';
import { failure, noData, valueOf } from './answer.ts';
import { type Growth, GrowingTotals, SlidingGrowth } from './counters.ts';
import { defineProvider } from './define.ts';
import { type Exposition, parseExposition } from './exposition.ts';
import { msOf, resolveSecrets } from './fields.ts';
import { pick, timeOf } from './openmetrics-pick.ts';
import { OpenMetricsSpec } from './openmetrics-schema.ts';
import type { HttpAnswer, ProbePorts } from './ports.ts';
import { boundOf, histogramQuantile } from './quantile.ts';
import { select } from './series.ts';
import { oldest, parseTime, provenanceOf } from './source-time.ts';

const ACCEPT = 'text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.9, text/plain;q=0.5';

/** The moment of a scrape: epoch milliseconds, and a clock that nobody sets. */
interface Now {
  nowMs: number;
  steadyMs: number;
}

/** Asks for one scrape. @throws Error when it is none */
async function scrape(spec: OpenMetricsSpec, ports: ProbePorts, signal: AbortSignal): Promise<HttpAnswer> {
  const headers = { accept: ACCEPT, ...(await resolveSecrets(spec.headers, ports.secrets)) };
  const answer = await ports.http.request({ url: spec.url, headers, maxBytes: spec.maxBytes, signal });
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`);
  return answer;
}

function readValue(spec: OpenMetricsSpec, scraped: Exposition, { nowMs }: Now): Reading {
  const found = select(scraped, spec, nowMs);
  if (found.length === 0) return noData(`the scrape has no such series of ${spec.metric}`);
  return { ...timeOf(found), ...valueOf(found.reduce((sum, { value }) => sum + value, 0)) };
}

/** Puts the time that `at` names in place of the samples' own. */
function dated(spec: OpenMetricsSpec, scraped: Exposition, nowMs: number, reading: Reading): Reading {
  if (!spec.at || reading.kind !== 'value') return reading;
  const times = select(scraped, spec.at, nowMs).map(({ value }) => parseTime(value));
  if (times.length === 0) return noData(`the scrape has no such series of ${spec.at.metric}`);
  const sourceAtMs = times.includes(undefined) ? undefined : oldest(times);
  return sourceAtMs === undefined ? failure(`${spec.at.metric} is not a time in epoch seconds`) : { ...reading, sourceAtMs };
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
  return (scraped: Exposition, { nowMs, steadyMs }: Now): Reading => {
    const found = pick(spec, scraped, nowMs);
    if (typeof found === 'string') return noData(found);
    const growth = sliding.push(steadyMs, totals.add(found.counters));
    return { ...found.origin, ...(growth === undefined ? noData('no earlier scrape to compare with') : judge(read, growth)) };
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
        const answer = await scrape(spec, ports, signal);
        const scraped = parseExposition(answer.body, answer.headers['content-type']);
        const now = { nowMs: ports.nowMs(), steadyMs: ports.steadyMs() };
        if (signal.aborted) return failure('interrupted');
        const reading = compare ? compare(scraped, now) : readValue(spec, scraped, now);
        return { ...provenanceOf(spec.url, answer), ...dated(spec, scraped, now.nowMs, reading) };
      },
    };
  },
});
