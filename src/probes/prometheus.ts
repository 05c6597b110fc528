import * as z from 'zod';
import type { Measurement } from '../domain/sample.ts';
import type { Reading } from '../domain/sight.ts';
import { excerpt, failure, noData, parseNumber, valueOf } from './answer.ts';
import { defineProvider } from './define.ts';
import { Headers, HttpUrl, msOf, PositiveDurationText, resolveSecrets } from './fields.ts';
import type { HttpAnswer } from './ports.ts';
import { parseTime, provenanceOf } from './source-time.ts';

const schema = z.strictObject({
  kind: z.literal('prometheus'),
  url: HttpUrl.describe('base URL of the server, such as http://prometheus:9090; a path prefix is kept'),
  query: z.string().min(1).describe('PromQL that gives one series or a scalar; aggregate with sum(), max() or the like'),
  sampleTime: z
    .string()
    .min(1)
    .optional()
    .describe(
      'PromQL that gives the epoch seconds of the newest raw sample behind the query, such as min(timestamp(http_requests_total{job="shop"})); an answer of the query itself carries only the time at which it was evaluated',
    ),
  headers: Headers.default({}).describe('request headers; a value is a text or {secret: NAME}'),
  maxAge: PositiveDurationText.default('5m').describe(
    'samples older than this do not count: sent as lookback_delta (servers that do not know it, such as 2.42, look back for their own 5 minutes), and no older answer of a cache is taken',
  ),
});

const point = z.tuple([z.number(), z.string()]);
const Reply = z.discriminatedUnion('status', [
  z.object({ status: z.literal('error'), errorType: z.string().default('error'), error: z.string() }),
  z.object({
    status: z.literal('success'),
    warnings: z.array(z.string()).default([]),
    data: z.discriminatedUnion('resultType', [
      z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: point })) }),
      z.object({ resultType: z.literal('scalar'), result: point }),
      z.object({ resultType: z.enum(['matrix', 'string']) }),
    ]),
  }),
]);

function parseReply(answer: HttpAnswer): z.infer<typeof Reply> | Measurement {
  try {
    const reply = Reply.safeParse(JSON.parse(answer.body));
    if (reply.success) return reply.data;
    return failure(`HTTP ${answer.status}, and the answer is not one of a Prometheus query API: '${excerpt(answer.body)}'`);
  } catch {
    return failure(`HTTP ${answer.status}, expected JSON, got '${excerpt(answer.body)}'`);
  }
}

/**
 * Reads the answer of the instant query API.
 * @param nowMs    our clock, used when the answer carries no Date header
 * @param maxAgeMs an answer evaluated longer ago than this (a cache) is stale
 */
export function readReply(answer: HttpAnswer, nowMs: number, maxAgeMs: number): Measurement {
  const reply = parseReply(answer);
  if ('kind' in reply) return reply;
  if (reply.status === 'error') return failure(`Prometheus: ${reply.errorType}: ${excerpt(reply.error, 200)}`);
  if (answer.status !== 200) return failure(`HTTP ${answer.status}`);
  if (reply.warnings.length > 0)
    return failure(`Prometheus warns that the answer may be wrong: ${excerpt(reply.warnings.join('; '), 200)}`);
  const { data } = reply;
  if (data.resultType !== 'vector' && data.resultType !== 'scalar')
    return failure(`the query gives a ${data.resultType}; expected one series or a scalar`);
  const points = data.resultType === 'scalar' ? [data.result] : data.result.map(({ value }) => value);
  if (points.length > 1) return failure(`the query gives ${points.length} series; aggregate them, for instance with sum(…) or max(…)`);
  const [found] = points;
  return found === undefined ? noData('the query gives an empty result') : readPoint(found, answer, nowMs, maxAgeMs);
}

function readPoint([atSeconds, text]: z.infer<typeof point>, answer: HttpAnswer, nowMs: number, maxAgeMs: number): Measurement {
  const serverMs = Date.parse(answer.headers['date'] ?? '');
  const ageMs = (Number.isNaN(serverMs) ? nowMs : serverMs) - atSeconds * 1_000;
  if (ageMs > maxAgeMs) return noData(`the newest sample is ${Math.round(ageMs / 1_000)} s old`);
  const value = parseNumber(text);
  return value === undefined ? failure(`expected a number, got '${excerpt(text)}'`) : valueOf(value);
}

/** The time of the sample beneath a value. A query's own answer is dated when it was evaluated, however old the samples are. */
function withTime(value: Measurement, time: Measurement): Reading {
  if (value.kind !== 'value') return value;
  if (time.kind !== 'value') return { kind: time.kind, reason: `sampleTime: ${time.reason}` };
  const sourceAtMs = parseTime(time.value);
  return sourceAtMs === undefined ? failure(`sampleTime gives ${time.value}, expected epoch seconds`) : { ...value, sourceAtMs };
}

/** An instant query per measurement, and one more for the time of its sample when that is asked for. */
export const prometheus = defineProvider('prometheus', {
  schema,
  doc: {
    summary: 'Asks a Prometheus (or an API like it) an instant PromQL query.',
    unit: 'whatever the query gives',
    noData:
      'An empty result (never 0), NaN, or samples older than maxAge (by sampleTime, or as far as the server knows lookback_delta). Several series, a warning, HTML or an error status is an error.',
  },
  open: (spec, ports) => {
    const maxAgeMs = msOf(spec.maxAge);
    const urlOf = (query: string): string => {
      const url = new URL(spec.url);
      url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/query`;
      url.search = new URLSearchParams({ query, lookback_delta: `${maxAgeMs}ms` }).toString();
      return url.href;
    };
    return {
      async measure(signal) {
        const headers = await resolveSecrets(spec.headers, ports.secrets);
        const ask = (query: string) => ports.http.request({ url: urlOf(query), headers, signal, maxBytes: 1_048_576 });
        const [answer, time] = await Promise.all([ask(spec.query), spec.sampleTime === undefined ? undefined : ask(spec.sampleTime)]);
        const value = readReply(answer, ports.nowMs(), maxAgeMs);
        const timed = time === undefined ? value : withTime(value, readReply(time, ports.nowMs(), maxAgeMs));
        return { ...provenanceOf(spec.url, answer), usualAgeMs: maxAgeMs, ...timed };
      },
    };
  },
});
