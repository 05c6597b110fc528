import { JSONPath } from 'jsonpath-plus';
import * as z from 'zod';
import type { Measurement } from '../domain/sample.ts';
import { excerpt, failure, noData, valueOf } from './answer.ts';
import { defineProvider } from './define.ts';
import { Headers, HttpUrl, resolveSecrets } from './fields.ts';
import type { HttpAnswer, ProbePorts } from './ports.ts';

const schema = z.strictObject({
  kind: z.literal('http'),
  url: HttpUrl.describe('where to ask; redirects are not followed'),
  method: z.enum(['GET', 'HEAD', 'POST']).default('GET').describe('request method'),
  headers: Headers.default({}).describe('request headers; a value is a text or {secret: NAME}'),
  body: z.string().max(65_536).optional().describe('request body, for POST'),
  read: z
    .union([
      z.enum(['latency', 'status', 'ok']),
      z.strictObject({ jsonPath: z.string().startsWith('$').describe('finds one number or boolean') }),
    ])
    .describe(
      'latency: milliseconds to the last byte · status: the code · ok: 1 or 0, whether the code is in expectStatus · {jsonPath}: a number in the JSON body',
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

/** Evaluates a JSON path over a JSON text; script expressions are refused. */
export function readJsonPath(body: string, path: string): Measurement {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return failure(`expected JSON, got '${excerpt(body)}'`);
  }
  if (json === null || typeof json !== 'object') return path === '$' ? scalar(json, path) : noData(`${path} found nothing`);
  const found = JSONPath<unknown[]>({ path, json, eval: false, wrap: true });
  if (found.length > 1) return failure(`${path} found ${found.length} values, expected one`);
  return found.length === 0 ? noData(`${path} found nothing`) : scalar(found[0], path);
}

function scalar(found: unknown, path: string): Measurement {
  if (found === null) return noData(`${path} is null`);
  if (typeof found === 'boolean') return valueOf(Number(found));
  if (typeof found === 'number') return valueOf(found);
  return failure(`${path} is ${Array.isArray(found) ? 'an array' : `a ${typeof found}`}, expected a number or a boolean`);
}

function read(spec: Spec, { status, body, elapsedMs }: HttpAnswer): Measurement {
  if (spec.read === 'status') return valueOf(status);
  if (spec.read === 'ok') return valueOf(Number(isExpected(spec, status)));
  if (!isExpected(spec, status)) return failure(`HTTP ${status}`);
  return spec.read === 'latency' ? valueOf(elapsedMs) : readJsonPath(body, spec.read.jsonPath);
}

/** One HTTP request per measurement. No connection is an error with every `read`, also with `ok`: not seeing is not the same as 0. */
export const http = defineProvider('http', {
  schema,
  doc: {
    summary: 'Sends an HTTP request and reads its latency, its status or a number in the JSON that comes back.',
    unit: 'latency: milliseconds; status: code; ok: 1 or 0; jsonPath: whatever the number means (true is 1, false 0)',
    noData: 'The JSON path finds nothing or null. No connection, an unexpected status, no JSON or a longer body than allowed is an error.',
  },
  open: (spec, ports: ProbePorts) => ({
    async measure(signal) {
      const headers = await resolveSecrets(spec.headers, ports.secrets);
      const { url, method, maxBytes, body } = spec;
      return read(spec, await ports.http.request({ url, method, headers, maxBytes, signal, ...(body !== undefined && { body }) }));
    },
  }),
});
