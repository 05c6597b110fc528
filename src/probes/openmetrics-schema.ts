import * as z from 'zod';
import { Headers, HttpUrl, Labels, PositiveDurationText } from './fields.ts';

const Metric = z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'expected a metric name such as payments_total');

/** The specification of an `openmetrics` probe. */
export const OpenMetricsSpec = z.strictObject({
  kind: z.literal('openmetrics'),
  url: HttpUrl.describe('the endpoint that is scraped, such as http://gateway:8080/metrics'),
  metric: Metric.describe('name of the series; for a quantile the name of the histogram, without _bucket'),
  labels: Labels.default({}).describe('series must carry these labels with exactly these values; those that match are added up'),
  read: z
    .union([
      z.enum(['value', 'rate', 'increase']),
      z.strictObject({ quantile: z.number().gt(0).lt(1).describe('such as 0.95') }),
      z.strictObject({
        ratioOf: z
          .strictObject({ metric: Metric, labels: Labels.default({}) })
          .describe('the denominator: increase(metric) / increase(this)'),
      }),
    ])
    .describe(
      'value · rate: per second · increase · {quantile}: of a histogram · {ratioOf}: share of another counter; all but value compare scrapes',
    ),
  at: z
    .strictObject({ metric: Metric, labels: Labels.default({}) })
    .optional()
    .describe(
      'a series that holds the epoch seconds at which the value was observed (the oldest counts), for exporters that collect beforehand',
    ),
  window: PositiveDurationText.optional().describe(
    'rate, increase, quantile: over this sliding time, default since the last scrape; ratioOf: default 60s',
  ),
  headers: Headers.default({}).describe('request headers; a value is a text or {secret: NAME}'),
  maxBytes: z.int().min(1).max(67_108_864).default(10_485_760).describe('a longer scrape is an error, bytes'),
});
export type OpenMetricsSpec = z.infer<typeof OpenMetricsSpec>;
