import { mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { KEPT_MS, watchAccess, type LiveAccess } from '../../src/http/identity/live-access.ts';
import { aRun } from '../records/examples.ts';
import { bearer, keyOf, withFakes, type FakeApi } from './fakes.ts';

const hash = (id: string): string => createHash('sha256').update(keyOf(id)).digest('hex');
const fileOf = (...keys: { id: string; revoked?: boolean; role?: string }[]): string =>
  stringify({
    keys: keys.map(({ id, revoked = false, role = 'viewer' }) => ({
      id,
      sha256: hash(id),
      expires: '2099-01-01T00:00:00Z',
      revoked,
      grants: [{ role }],
    })),
  });

let dir: string;
let path: string;
let clockMs: number;
let said: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'breakwater-access-'));
  path = join(dir, 'access.yaml');
  clockMs = Date.UTC(2026, 10, 1);
  said = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const log = {
  info: (_: object, text: string) => void said.push(text),
  error: (_: object, text: string) => void said.push(`ERROR ${text}`),
} as never;
async function live(
  use: (api: FakeApi, access: LiveAccess) => Promise<void>,
  { everyMs = 20, ...options }: { everyMs?: number; [option: string]: unknown } = {},
): Promise<void> {
  const access = await watchAccess(path, { log, nowMs: () => clockMs, everyMs });
  try {
    await withFakes((api) => use(api, access), { live: access, access: undefined, ...options } as object);
  } finally {
    access.stop();
  }
}
const status = async ({ app }: FakeApi, headers: Record<string, string>, url = '/v1/me'): Promise<number> =>
  (await app.inject({ url, headers })).statusCode;
async function becomes(what: () => Promise<unknown>, wanted: unknown): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await what()) === wanted) return;
    await delay(25);
  }
  throw new Error(`it did not become ${String(wanted)} in 5 s`);
}

test('a key that is revoked, added or given another role counts so within moments, without a restart', async () => {
  writeFileSync(path, fileOf({ id: 'a' }, { id: 'b' }));
  await live(async (api) => {
    expect([await status(api, bearer('a')), await status(api, bearer('c'))]).toEqual([200, 401]);
    writeFileSync(path, fileOf({ id: 'a', revoked: true }, { id: 'b', role: 'admin' }, { id: 'c' }));
    await becomes(() => status(api, bearer('a')), 401);
    expect([await status(api, bearer('b')), await status(api, bearer('c'))]).toEqual([200, 200]);
    expect((await api.app.inject({ url: '/v1/me', headers: bearer('b') })).json()).toMatchObject({ grants: [{ role: 'admin' }] });
  });
});

test('an open stream of a key that is revoked ends', async () => {
  writeFileSync(path, fileOf({ id: 'a' }));
  await live(async (api) => {
    await api.records.openRun(aRun({ workflowId: 'run-0' }));
    const stream = api.app.inject({ url: '/v1/runs/run-0/events', headers: bearer('a') });
    await delay(200);
    writeFileSync(path, fileOf({ id: 'a', revoked: true }, { id: 'b' }));
    const answer = await Promise.race([stream, delay(10_000, undefined)]);
    expect(answer?.body).not.toContain('event: end');
    expect(await status(api, bearer('a'), '/v1/runs/run-0/events')).toBe(401);
  });
});

test.each([
  ['is wrong', () => writeFileSync(path, 'keys: [{ id: a')],
  ['names nobody', () => writeFileSync(path, '')],
  ['is gone', () => unlinkSync(path)],
])('a file that %s: what was read before counts for a quarter of an hour, loudly, and then nobody gets in', async (_what, damage) => {
  writeFileSync(path, fileOf({ id: 'a' }));
  await live(async (api, access) => {
    const health = async (): Promise<unknown> => (await api.app.inject('/healthz')).json<{ access: string }>().access;
    expect(await health()).toBe('ok');
    damage();
    await becomes(health, 'stale');
    expect(said.join()).toMatch(/ERROR the access file is wrong or gone/);
    clockMs += KEPT_MS - 1_000;
    expect(await status(api, bearer('a'))).toBe(200);
    const metrics = (await api.app.inject({ url: '/metrics', headers: bearer('a') })).body;
    expect(metrics).toMatch(/breakwater_http_access_file_stale_seconds 899/);
    clockMs += 1_000;
    expect([await status(api, bearer('a')), await health(), access.current()]).toEqual([503, 'expired', undefined]);
    expect(await status(api, {})).toBe(503); // nobody becomes "this machine"
    writeFileSync(path, fileOf({ id: 'a' }));
    await becomes(() => status(api, bearer('a')), 200);
    expect(await health()).toBe('ok');
  });
});

test('a file that never stands still ends what was read before, too, and whoever streams', async () => {
  writeFileSync(path, fileOf({ id: 'a' }));
  const told: string[] = [];
  const access = await watchAccess(path, { log, nowMs: () => clockMs, everyMs: 50 });
  access.onChange(() => told.push(access.standing()));
  unlinkSync(path);
  symlinkSync('/proc/uptime', path); // another one at each look
  await delay(300);
  expect([access.standing(), access.staleMs()]).toEqual(['ok', 0]); // a few looks of grace
  clockMs += 10_000;
  expect([access.standing(), access.staleMs()]).toEqual(['stale', 10_000]);
  await becomes(() => Promise.resolve(said.join().includes('ERROR the access file is wrong or gone')), true);
  clockMs += KEPT_MS;
  await becomes(() => Promise.resolve(told.join()), 'expired');
  expect(access.current()).toBeUndefined();
  unlinkSync(path);
  writeFileSync(path, fileOf({ id: 'a' }));
  await becomes(() => Promise.resolve(access.standing()), 'ok');
  access.stop();
});

test('a look that hangs ends it as well', async () => {
  writeFileSync(path, fileOf({ id: 'a' }));
  const access = await watchAccess(path, { log, nowMs: () => clockMs, everyMs: 20 });
  const told: string[] = [];
  access.onChange(() => told.push(access.standing()));
  unlinkSync(path);
  execFileSync('mkfifo', [path]); // whoever opens it waits for a writer
  await delay(200);
  clockMs += KEPT_MS;
  await becomes(() => Promise.resolve(told.join()), 'expired');
  expect(access.current()).toBeUndefined();
  access.stop();
  // Lets the look go.
  writeFileSync(path, '');
});

test('with the shared token there is one who gets in when the file does not count any more', async () => {
  writeFileSync(path, fileOf({ id: 'a' }));
  await live(
    async (api, access) => {
      unlinkSync(path);
      await becomes(() => Promise.resolve(access.standing()), 'stale');
      clockMs += KEPT_MS;
      const token = { authorization: 'Bearer the-shared-token-of-all' };
      expect([await status(api, token), await status(api, bearer('a')), await status(api, {})]).toEqual([200, 401, 401]);
    },
    { token: 'the-shared-token-of-all' },
  );
});

test('a file that is half written does not count: its last lines could say who is revoked', async () => {
  writeFileSync(path, fileOf({ id: 'a', revoked: true }, { id: 'b' }));
  const everyMs = 300; // many times what one write and one request take, however busy the machine is
  await live(
    async (api) => {
      for (let i = 0; i < 80; i++) {
        writeFileSync(path, `${fileOf({ id: 'a' }, { id: 'b' })}# ${i}\n`); // another one at each look: it never holds still
        await delay(10);
        expect(await status(api, bearer('a'))).toBe(401);
      }
      writeFileSync(path, fileOf({ id: 'a', revoked: true }, { id: 'b' }));
    },
    { everyMs },
  );
});
