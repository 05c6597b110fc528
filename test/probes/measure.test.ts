import * as fc from 'fast-check';
import { measureOnce, safeReason } from '../../src/probes/measure.ts';
import { forever } from './world.ts';

const never = { measure: () => new Promise<never>(() => undefined) };

test('a probe that never answers is an error after the time-out', async () => {
  expect(await measureOnce(never, 50, forever)).toEqual({ kind: 'error', reason: 'no answer within 50 ms' });
});

test('the probe learns that it took too long', async () => {
  let wasAborted = false;
  const slow = {
    measure: (signal: AbortSignal) => {
      signal.addEventListener('abort', () => (wasAborted = true));
      return new Promise<never>(() => undefined);
    },
  };
  await measureOnce(slow, 20, forever);
  expect(wasAborted).toBe(true);
});

test('cancellation by the caller is thrown, at once, with its reason', async () => {
  const caller = new AbortController();
  setTimeout(() => caller.abort(new Error('run aborted')), 20);
  const before = Date.now();
  await expect(measureOnce(never, 10_000, caller.signal)).rejects.toThrow('run aborted');
  expect(Date.now() - before).toBeLessThan(2_000);
  await expect(measureOnce(never, 10_000, caller.signal)).rejects.toThrow('run aborted');
});

test.each([
  () => Promise.reject(new Error('boom')),
  (): never => {
    throw new Error('boom');
  },
])('anything thrown becomes an error', async (measure) => {
  expect(await measureOnce({ measure }, 50, forever)).toEqual({ kind: 'error', reason: 'boom' });
});

test.each([NaN, Infinity, -Infinity])('a provider that says %p is not believed', async (value) => {
  const probe = { measure: () => Promise.resolve({ kind: 'value' as const, value }) };
  expect((await measureOnce(probe, 50, forever)).kind).toBe('error');
});

test.each([
  ['connect to postgres://joe:s3cret@db:5432/x failed', 'connect to postgres://db:5432/x failed'],
  ['postgres://joe:s3/cr@t@db/x', 'postgres://db/x'],
  ['GET http://a/b?token=s3cret failed', 'GET http://a/b?… failed'],
  ['header Authorization: Bearer s3cret', 'header Authorization: Bearer …'],
  ['password=s3cret; host', 'password=…; host'],
  ['two\n  lines', 'two lines'],
])('%p is shown as %p', (message, shown) => {
  expect(safeReason(new Error(message))).toBe(shown);
});

test('reasons are short, and exist even where the error has none', () => {
  expect(safeReason(new Error('x'.repeat(100_000)))).toHaveLength(300);
  expect(safeReason(Object.assign(new AggregateError([new Error('')]), { code: 'ECONNREFUSED' }))).not.toBe('');
  expect(safeReason(undefined)).toBe('undefined');
});

test('no password of a URL gets through', () =>
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9@:/]{6,20}$/), (secret) => {
      expect(safeReason(new Error(`cannot reach postgres://user:Q${secret}Q@db.example/x`))).not.toContain(`Q${secret}Q`);
    }),
  ));
