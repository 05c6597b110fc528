import { Client } from 'pg';
import { openSignals } from '../../src/activities/signals.ts';
import { certainSkew } from '../../src/domain/sight.ts';
import type { SqlQuery, SqlResult } from '../../src/probes/ports.ts';
import { openProbe } from '../../src/probes/index.ts';
import { measureOnce } from '../../src/probes/measure.ts';
import { sql } from '../../src/probes/sql.ts';
import { databaseUrl, describeWithDatabase } from '../support/servers.ts';
import { askOnce, forever, portsWith, serve, told } from './world.ts';

/** The real answer, by a server whose clock nobody may set. */
const withClockAhead = (result: SqlResult, ms: number): SqlResult => ({
  ...result,
  clock: { ...result.clock!, theirsMs: result.clock!.theirsMs + ms },
});

describeWithDatabase('sql', () => {
  const url = new URL(process.env['BREAKWATER_TEST_DATABASE_URL'] ?? 'postgres://none');
  const wrong = new URL(url);
  wrong.password = 'wr0ng-s3cret';
  const nowhere = new URL(url);
  nowhere.port = '1';
  const ports = portsWith({ DB: url.href, WRONG: wrong.href, NOWHERE: nowhere.href });
  const table = `probe_test_${process.pid}`;
  const admin = new Client({ connectionString: url.href });

  beforeAll(async () => {
    expect(url.href).toBe(new URL(databaseUrl()).href);
    await admin.connect();
    await admin.query(`CREATE TABLE ${table} (n int)`);
    await admin.query(`INSERT INTO ${table} VALUES (1), (2)`);
  });
  afterAll(async () => {
    await ports.close();
    await admin.query(`DROP TABLE ${table}`);
    await admin.end();
  });

  const ask = async (query: string, more: object = {}, timeoutMs?: number) =>
    told(await askOnce({ kind: 'sql', connection: { secret: 'DB' }, query, ...more }, ports, timeoutMs));

  test.each([
    ['SELECT 7', 7],
    ['SELECT 12345678901::bigint', 12_345_678_901],
    ['SELECT 0.25::numeric', 0.25],
    ['SELECT 1e-3::float8', 0.001],
    ['SELECT true', 1],
    ['SELECT 1 > 2', 0],
    ['SELECT 0', 0],
    ["SELECT extract(epoch FROM interval '2 s')", 2],
    ['SELECT null::int AS lag', 'no-data: lag is null'],
    ['SELECT 1 WHERE false', 'no-data: the query gives no row'],
    ["SELECT 'NaN'::numeric", 'no-data: the answer is NaN'],
    ["SELECT 'Infinity'::float8", 'error: the answer is infinite'],
    ["SELECT '7' AS n", 'error: n is neither a number nor a boolean; for an interval select extract(epoch from …), otherwise cast it'],
    ['SELECT null::int AS at', 'no-data: at is null'],
    ['SELECT 7 AS n, extract(epoch FROM now()) AS at', 7],
    ['SELECT extract(epoch FROM now()) AS at, 7 AS n', 7],
    ['SELECT 7 AS n, null::int AS at', 'no-data: at is null'],
    ['SELECT 7 AS n, now() AS at', 'error: at is not a number of seconds: select extract(epoch from …) AS at'],
    ['SELECT 7 AS n, 1 AS m', 'error: the query gives 2 columns, expected one'],
    ['SELECT 1, 2', 'error: the query gives 2 columns, expected one'],
    ['SELECT generate_series(1, 2)', 'error: the query gives 2 rows, expected one'],
    ['SELEC 1', 'error: PostgreSQL: syntax error at or near "SELEC"'],
  ])('%s is %p', async (query, expected) => {
    expect(await ask(query)).toBe(expected);
  });

  test('tells the time of the value, and its own clock', async () => {
    const spec = { kind: 'sql', connection: { secret: 'DB' }, query: 'SELECT 7 AS n, extract(epoch FROM now()) - 42 AS at' };
    const { sourceAtMs, clock } = await measureOnce(openProbe(spec, ports), 3_000, forever);
    expect(Date.now() - sourceAtMs!).toBeGreaterThan(41_000);
    expect(Date.now() - sourceAtMs!).toBeLessThan(50_000);
    expect(clock).toMatchObject({ whose: 'the database' });
    expect(Math.abs(certainSkew(clock!))).toBeLessThanOrEqual(1); // the same machine, read in whole milliseconds
    const definition = { provider: spec, unit: '', every: 1_000, timeout: 3_000 };
    const judged = (more: object) => openSignals({ probes: { n: { ...definition, ...more } }, slo: {} }, ports)[0]!.probe;
    expect(told(await measureOnce(judged({}), 3_000, forever))).toMatch(/^no-data: the value is 4\d\.\d s old \(maxAge 6 s\)$/);
    expect(told(await measureOnce(judged({ maxAge: 60_000 }), 3_000, forever))).toBe(7);
  });

  test('a database whose clock is ahead of ours is an error', async () => {
    const behind = { ...ports, sql: { query: async (query: SqlQuery) => withClockAhead(await ports.sql.query(query), 12_000) } };
    const definition = {
      provider: { kind: 'sql', connection: { secret: 'DB' }, query: 'SELECT 7' },
      unit: '',
      every: 1_000,
      timeout: 3_000,
    };
    const [signal] = openSignals({ probes: { n: definition }, slo: {} }, behind);
    expect(told(await measureOnce(signal!.probe, 3_000, forever))).toMatch(
      /^error: the clock of the database is 1[12]\.\d s ahead of this worker's/,
    );
  });

  test('counts rows of a table, and cannot write, not even behind a COMMIT', async () => {
    expect(await ask(`SELECT count(*) FROM ${table}`)).toBe(2);
    expect(await ask(`INSERT INTO ${table} VALUES (3) RETURNING n`)).toMatch(/read-only transaction/);
    expect(await ask(`COMMIT; INSERT INTO ${table} VALUES (3)`)).toMatch(/multiple commands/);
    expect(await ask('COMMIT')).toMatch(/^error/);
    expect(await ask(`SELECT count(*) FROM ${table}`)).toBe(2);
  });

  test('the server ends a slow statement by itself', async () => {
    expect(await ask('SELECT 1 FROM pg_sleep(5)', { statementTimeout: '100ms' })).toBe(
      'error: PostgreSQL: canceling statement due to statement timeout',
    );
  });

  test('a time-out is an error, and the next question gets a fresh connection', async () => {
    const probe = openProbe(
      { kind: 'sql', connection: { secret: 'DB' }, query: 'SELECT count(*) FROM pg_sleep(0.3)', statementTimeout: '1s' },
      ports,
    );
    expect(told(await measureOnce(probe, 50, forever))).toBe('error: no answer within 50 ms');
    expect(told(await measureOnce(probe, 3_000, forever))).toBe(1);
  });

  test('a wrong password or a server that is down is an error that shows no secret', async () => {
    for (const secret of ['WRONG', 'NOWHERE']) {
      const answer = await ask('SELECT 1', { connection: { secret } });
      if (secret === 'NOWHERE' || typeof answer === 'string') expect(answer).toMatch(/^error: PostgreSQL: /);
      expect(answer).not.toMatch(/wr0ng-s3cret/);
      expect(answer).not.toContain(url.password || '//');
    }
  });

  test('something else that listens on the port is an error', async () => {
    const other = await serve((_, response) => response.end());
    const secret = portsWith({ DB: other.url.replace('http:', 'postgres://u:p@').replace('@//', '@') });
    const answer = told(await askOnce({ kind: 'sql', connection: { secret: 'DB' }, query: 'SELECT 1' }, secret, 1_000));
    expect(answer).toMatch(/^error: /);
    await secret.close();
    await other.close();
  });

  test('many probes of one connection share a small pool', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, () =>
        ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'breakwater-probe'", {}, 10_000),
      ),
    );
    for (const connections of answers) expect(connections).toBeLessThanOrEqual(5);
  });
});

test('a URL with a password is refused in the file', () => {
  const open = (url: string) => () => sql.open({ kind: 'sql', connection: { url }, query: 'SELECT 1' }, portsWith());
  expect(open('postgres://u:p@h/d')).toThrow(/without a password/);
  expect(open('postgres://u@h/d?password=p')).toThrow(/without a password/);
  expect(open('http://h/d')).toThrow(/postgres:\/\//);
  expect(open('postgres://u@h/d')).not.toThrow();
});
