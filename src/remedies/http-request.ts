import * as z from 'zod';
import { Duration } from '../domain/units.ts';
import { defineRemedy } from './define.ts';
import type { RemedyPorts } from './ports.ts';

const HeaderValue = z.union([
  z.string(),
  z.strictObject({ secret: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'expected the name of a secret') }),
]);

/** Asks a service to repair: scale, restart, requeue, roll back. */
export const httpRequest = defineRemedy('http-request', {
  schema: z.strictObject({
    kind: z.literal('http-request'),
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
    url: z
      .url({ protocol: /^https?$/, error: 'expected an http or https address' })
      .refine(
        (url) => !/^[a-z]+:\/\/[^/?#]*@/i.test(url),
        'expected no user or password in the address: use a header with { secret: NAME }',
      ),
    json: z.json().optional().describe('body. Should name the wanted state, such as { "workers": 4 }, because a request may be repeated'),
    headers: z
      .record(z.string().regex(/^[A-Za-z0-9-]+$/, 'expected the name of a header'), HeaderValue)
      .default({})
      .describe('a text, or { secret: NAME }'),
    timeout: Duration.default(10_000),
    expectStatus: z.array(z.int().min(100).max(599)).min(1).default([200, 201, 202, 204]),
  }),
  doc: { summary: 'Sends an HTTP request with a JSON body.' },
  async apply(ports, { method, url, json, headers, timeout, expectStatus }, signal) {
    const request = { method, url, headers: await resolveHeaders(ports, headers), timeoutMs: timeout, ...(json !== undefined && { json }) };
    const { status } = await ports.http.send(request, signal);
    const what = `${method} ${new URL(url).origin}${new URL(url).pathname}`;
    if (!expectStatus.includes(status)) throw new Error(`${what} answered ${status}, expected ${expectStatus.join(' or ')}`);
    return `${what} answered ${status}`;
  },
});

async function resolveHeaders(ports: RemedyPorts, headers: Record<string, z.infer<typeof HeaderValue>>): Promise<Record<string, string>> {
  const resolve = async ([name, value]: [string, z.infer<typeof HeaderValue>]) =>
    [name, typeof value === 'string' ? value : await ports.secrets.get(value.secret)] as const;
  return Object.fromEntries(await Promise.all(Object.entries(headers).map(resolve)));
}
