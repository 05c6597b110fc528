import { Client } from 'pg';
import { openProbe } from '../../src/probes/index.ts';
import { measureOnce } from '../../src/probes/measure.ts';
import { sql } from '../../src/probes/sql.ts';
import { databaseUrl, describeWithDatabase } from '../support/servers.ts';
import { askOnce, forever, portsWith, serve, told } from './world.ts';

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
    ['SELECT 1, 2', 'error: the query gives 2 columns, expected one'],
    ['SELECT generate_series(1, 2)', 'error: the query gives 2 rows, expected one'],
    ['SELEC 1', 'error: PostgreSQL: syntax error at or near "SELEC"'],
  ])('%s is %p', async (query, expected) => {
    expect(await ask(query)).toBe(expected);
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
