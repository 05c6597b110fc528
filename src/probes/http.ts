import { JSONPath } from 'jsonpath-plus';
import * as z from 'zod';
import type { Measurement } from '../domain/sample.ts';
import type { Reading } from '../domain/sight.ts';
import { excerpt, failure, noData, valueOf } from './answer.ts';
import { defineProvider } from './define.ts';
import { Headers, HttpUrl, resolveSecrets } from './fields.ts';
import type { HttpAnswer, ProbePorts } from './ports.ts';
import { parseTime, provenanceOf } from './source-time.ts';

const schema = z.strictObject({
  kind: z.literal('http'),
  url: HttpUrl.describe('where to ask; redirects are not followed'),
  method: z.enum(['GET', 'HEAD', 'POST']).default('GET').describe('request method'),
  headers: Headers.default({}).describe('request headers; a value is a text or {secret: NAME}'),
  body: z.string().max(65_536).optional().describe('request body, for POST'),
  read: z
    .union([
      z.enum(['latency', 'status', 'ok']),
      z.strictObject({
        jsonPath: z.string().startsWith('$').describe('finds one number or boolean'),
        at: z
          .string()
          .startsWith('$')
          .optional()
          .describe('finds when it was observed: epoch seconds or milliseconds, or ISO 8601 with its zone'),
      }),
    ])
    .describe(
      'latency: milliseconds to the last byte · status: the code · ok: 1 or 0, whether the code is in expectStatus · {jsonPath, at}: a number in the JSON body, and the time that it is of',
    ),
  expectStatus: z
    .array(z.int().min(100).max(599))
    .min(1)
    .optional()
    .describe(
      'codes that count as good, default any 2xx; with latency and jsonPath any other code is an error, because a fast error page is no good news',
    ),
  maxBytes: z.int().min(1).max(10_485_760).default(1_048_576).describe('a longer body is an error, bytes'),
});
type Spec = z.infer<typeof schema>;

const isExpected = (spec: Spec, status: number): boolean => spec.expectStatus?.includes(status) ?? (status >= 200 && status < 300);

/**
 * Evaluates a JSON path over a JSON text; script expressions are refused.
 * @param at path of the time of the value; a value whose time is missing or unreadable is no value
 */
export function readJsonPath(body: string, path: string, at?: string): Reading {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return failure(`expected JSON, got '${excerpt(body)}'`);
  }
  const [found, ...more] = find(json, path);
  if (more.length > 0) return failure(`${path} found ${more.length + 1} values, expected one`);
  if (found === undefined) return noData(`${path} found nothing`);
  const value = scalar(found, path);
  if (at === undefined || value.kind !== 'value') return value;
  const [time, ...moreTimes] = find(json, at);
  if (time === undefined || time === null) return noData(`${at} found no time`);
  const sourceAtMs = moreTimes.length > 0 ? undefined : parseTime(time);
  if (sourceAtMs !== undefined) return { ...value, sourceAtMs };
  return failure(
    `${at} is not one time: expected epoch seconds or milliseconds, or ISO 8601 with its zone, got '${excerpt(JSON.stringify(time))}'`,
  );
}

const find = (json: unknown, path: string): unknown[] => {
  if (json === null || typeof json !== 'object') return path === '$' ? [json] : [];
  return JSONPath<unknown[]>({ path, json, eval: false, wrap: true });
};

function scalar(found: unknown, path: string): Measurement {
  if (found === null) return noData(`${path} is null`);
  if (typeof found === 'boolean') return valueOf(Number(found));
  if (typeof found === 'number') return valueOf(found);
  return failure(`${path} is ${Array.isArray(found) ? 'an array' : `a ${typeof found}`}, expected a number or a boolean`);
}

function read(spec: Spec, { status, body, elapsedMs }: HttpAnswer): Reading {
  if (spec.read === 'status') return valueOf(status);
  if (spec.read === 'ok') return valueOf(Number(isExpected(spec, status)));
  if (!isExpected(spec, status)) return failure(`HTTP ${status}`);
  return spec.read === 'latency' ? valueOf(elapsedMs) : readJsonPath(body, spec.read.jsonPath, spec.read.at);
}

/** One HTTP request per measurement. No connection is an error with every `read`, also with `ok`: not seeing is not the same as 0. */
export const http = defineProvider('http', {
  schema,
  doc: {
    summary: 'Sends an HTTP request and reads its latency, its status or a number in the JSON that comes back.',
    unit: 'latency: milliseconds; status: code; ok: 1 or 0; jsonPath: whatever the number means (true is 1, false 0)',
    noData:
      'The JSON path, or that of its time, finds nothing or null. No connection, an unexpected status, no JSON or a longer body than allowed is an error.',
  },
  open: (spec, ports: ProbePorts) => ({
    async measure(signal) {
      const headers = await resolveSecrets(spec.headers, ports.secrets);
      const { url, method, maxBytes, body } = spec;
      const answer = await ports.http.request({ url, method, headers, maxBytes, signal, ...(body !== undefined && { body }) });
      return { ...provenanceOf(url, answer), ...read(spec, answer) };
    },
  }),
});
