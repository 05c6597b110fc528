import type { ServerResponse } from 'node:http';
import { createHttp } from '../../src/adapters/http/request.ts';
import { createOpa } from '../../src/adapters/opa.ts';
import { makePlan } from '../../src/language/digest.ts';
import { evaluatePolicy, type Layers } from '../../src/policy/policy.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { json, withOpaServer, type Answer } from './opa-server.ts';
import { setOf } from './set.ts';

/** Layers with an OPA that answers so. */
const withOpa = <T>(answer: Answer, use: (layers: Layers) => Promise<T>, timeoutMs?: number): Promise<T> =>
  withOpaServer(answer, async (url) => {
    const http = createHttp();
    try {
      return await use({ opa: createOpa(url, http, timeoutMs) });
    } finally {
      http.close();
    }
  });

const plan = makePlan(experimentDocument(), 1, 1);
const occasion = { atMs: Date.UTC(2026, 2, 11), requestedBy: 'ann', wave: 'single' };
const ask = (layers: Layers) => evaluatePolicy(plan, occasion, layers);

test('it is asked with all facts, and its yes is one of three', async () => {
  const asked: unknown[] = [];
  const yes: Answer = (input, response) => {
    asked.push(input);
    response.end('{"result": true}');
  };
  const decision = await withOpa(yes, ask);
  expect(decision).toMatchObject({ allowed: true, denials: [] });
  expect(asked).toMatchObject([
    {
      environment: 'staging',
      requestedBy: 'ann',
      wave: 'single',
      atMs: occasion.atMs,
      waves: [{ name: 'dry-run' }, { name: 'single', fault: 'process-pause' }],
    },
  ]);
  expect(decision.policyDigest).not.toBe((await ask({})).policyDigest);
  const strict = (layers: Layers) => ask({ ...layers, policies: () => setOf([{ name: 'never', deny: 'never' }]) });
  expect((await withOpa(yes, strict)).denials.map(({ rule }) => rule)).toEqual(['test/never']);
});

test('reasons deny, each by itself, whatever is said beside them', async () => {
  const { allowed, denials } = await withOpa(json({ result: { allow: true, reasons: ['no change window', 'not on call'] } }), ask);
  expect([allowed, denials.map(({ reason }) => reason)]).toEqual([false, ['no change window', 'not on call']]);
});

test.each([
  ['no', json({ result: false }), /does not allow the plan/],
  ['no, in an object', json({ result: { allow: false } }), /does not allow the plan/],
  ['an undefined document', json({}), /no rule decides/],
  ['a set', json({ result: [] }), /expected true, false or/],
  ['a text', json({ result: 'true' }), /expected true, false or/],
  ['allow as a text', json({ result: { allow: 'yes' } }), /expected true, false or/],
  ['no object', json([true]), /no object/],
  ['no JSON', (_input: unknown, response: ServerResponse) => response.end('<html>'), /could not be asked/],
  ['an error', (_input: unknown, response: ServerResponse) => response.writeHead(500).end('{"result": true}'), /status 500/],
  ['a connection that ends', (_input: unknown, response: ServerResponse) => response.destroy(), /could not be asked/],
] as const)('%s denies', async (_what, answer, why) => {
  const { allowed, denials } = await withOpa(answer, ask);
  expect(allowed).toBe(false);
  expect(denials).toMatchObject([{ rule: 'opa', reason: expect.stringMatching(why) as string }]);
});

test('silence denies, and so does nobody', async () => {
  expect((await withOpa(() => undefined, ask, 100)).denials).toMatchObject([
    { reason: expect.stringContaining('no answer within 100 ms') as string },
  ]);
  const http = createHttp();
  expect((await ask({ opa: createOpa('http://127.0.0.1:1/v1/data/x', http) })).denials).toMatchObject([
    { reason: expect.stringContaining('could not be asked') as string },
  ]);
  http.close();
});
