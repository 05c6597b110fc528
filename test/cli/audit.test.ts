import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seal } from '../../src/domain/audit/entry.ts';
import { sha256 } from '../../src/records/audit/digest.ts';
import type { AuditEntry, Records } from '../../src/records/ports.ts';
import { createRecords } from '../../src/records/postgres.ts';
import { createDatabase, forgetEverything, sql } from '../records/database.ts';
import { aRun, anEvent, T0 } from '../records/examples.ts';
import { describeWithDatabase } from '../support/servers.ts';
import { buildWhenStale, call, type Ended } from './command.ts';

const { workflowId } = aRun();
/** 1 run-opened, 2–9 events, 10 run-closed. */
const ENTRIES = 10;

describeWithDatabase('the audit log, from the command line', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let records: Records;
  let cwd: string;
  let env: Record<string, string>;
  const cli = (...args: string[]): Promise<Ended> => call(args, { cwd, env });
  const verify = (...args: string[]) => cli('audit', 'verify', '--json', ...args);
  const withCheckpoints = ['--checkpoints', 'checkpoints.jsonl', '--public-key', 'key.pem.pub'];

  beforeAll(async () => {
    buildWhenStale();
    cwd = mkdtempSync(join(tmpdir(), 'breakwater-audit-'));
    database = await createDatabase();
    env = { BREAKWATER_DATABASE_URL: database.url };
    records = createRecords({ url: database.url, maxConnections: 2 });
    await records.migrate();
    expect(await cli('audit', 'keygen', 'key.pem')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/) as string });
  }, 240_000);
  afterAll(async () => {
    await records.close();
    await database.drop();
    rmSync(cwd, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await forgetEverything(database.url);
    rmSync(join(cwd, 'checkpoints.jsonl'), { force: true });
    await records.openRun(aRun());
    await records.appendEvents(
      workflowId,
      Array.from({ length: 8 }, (_, i) => anEvent({ key: `k${i}`, data: { by: `person ${i}`, why: '=HYPERLINK("x")' } })),
    );
    await records.closeRun(workflowId, { verdict: 'failed', reason: 'no', result: { a: 1 }, closedAtMs: T0 });
  });

  const asOwner = (statements: string): Promise<object[]> => sql(database.url, `SET session_replication_role = 'replica'; ${statements}`);
  const checkpoint = async (): Promise<void> => {
    const { code, stdout } = await cli('audit', 'checkpoint', '--key', 'key.pem');
    expect(code).toBe(0);
    appendFileSync(join(cwd, 'checkpoints.jsonl'), stdout);
  };
  const entries = async (): Promise<AuditEntry[]> => {
    const found: AuditEntry[] = [];
    for await (const page of records.auditPages()) found.push(...page);
    return found;
  };
  /** Writes the chain anew, as an owner can who knows how it is made. */
  const rewrite = async (chain: AuditEntry[]): Promise<void> => {
    await asOwner('TRUNCATE breakwater.audit');
    const facts = chain.map(({ sequence: _s, previous: _p, hash: _h, ...fact }) => fact);
    await records.appendAudit(facts);
  };

  test('nobody touched it: 0, with and without checkpoints, and after more was recorded', async () => {
    expect(await verify()).toMatchObject({ code: 0, stderr: expect.stringContaining('No checkpoint was compared') as string });
    await checkpoint();
    await records.appendAudit([{ key: 'x', atMs: T0, actor: 'a', action: 'b', subject: 'c', details: {} }]);
    await checkpoint();
    const { code, stdout } = await verify(...withCheckpoints);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ good: true, entries: ENTRIES + 1, matched: 2, contradictions: [] });
  }, 60_000);

  const move = (from: number, to: number) => `UPDATE breakwater.audit SET sequence = ${to} WHERE sequence = ${from};`;
  const shift = (from: number, by: number) =>
    `UPDATE breakwater.audit SET sequence = sequence + ${by + 1_000} WHERE sequence >= ${from};
     UPDATE breakwater.audit SET sequence = sequence - 1000 WHERE sequence > 1000;`;
  test.each([
    ['edited', 4, "UPDATE breakwater.audit SET details = jsonb_set(details, '{data,by}', '\"nobody\"') WHERE sequence = 4"],
    ['edited', 5, "UPDATE breakwater.audit SET at = at + interval '1 microsecond' WHERE sequence = 5"],
    ['edited', 6, `UPDATE breakwater.audit SET run = run - 'ticket' WHERE sequence = 6`],
    ['deleted', 3, 'DELETE FROM breakwater.audit WHERE sequence = 3'],
    ['deleted', 1, 'DELETE FROM breakwater.audit WHERE sequence < 3'],
    ['deleted', 7, `DELETE FROM breakwater.audit WHERE sequence = 7; ${shift(8, -1)}`],
    ['reordered', 2, `${move(2, 99)} ${move(8, 2)} ${move(99, 8)}`],
    [
      'inserted',
      5,
      `${shift(5, 1)} INSERT INTO breakwater.audit SELECT 5, 'event/x/y', at, 'mallory', action, subject, run, details, hash, 'x' FROM breakwater.audit WHERE sequence = 4`,
    ],
  ])('the owner of the database has %s entry %d: 3, and it is named', async (kind, sequence, statements) => {
    await asOwner(statements);
    const { code, stdout } = await verify();
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ good: false, tampering: { kind, sequence } });
  });

  test('the end is cut off: only a checkpoint tells, which entries are gone', async () => {
    await checkpoint();
    await asOwner(
      "DELETE FROM breakwater.audit WHERE sequence > 8; DELETE FROM breakwater.events WHERE key = 'k7'; UPDATE breakwater.runs SET verdict = NULL, closed_at = NULL",
    );
    expect((await verify()).code).toBe(0);
    const found = await verify(...withCheckpoints);
    expect(found.code).toBe(3);
    expect(JSON.parse(found.stdout)).toMatchObject({ tampering: { kind: 'truncated', sequence: 9, untilSequence: 10 } });
    expect((await cli('audit', 'verify', ...withCheckpoints)).stdout).toMatch(/^truncated: entries 9 to 10 are gone from the end/);
  }, 60_000);

  test('all was written anew with good hashes: only a checkpoint tells, between which entries', async () => {
    await checkpoint();
    const chain = await entries();
    await rewrite(chain.with(3, { ...chain[3]!, actor: 'nobody' }));
    await asOwner("UPDATE breakwater.events SET data = data || '{}'");
    expect((await verify()).code).toBe(0);
    const { code, stdout } = await verify(...withCheckpoints);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ tampering: { kind: 'rewritten', sequence: 1, untilSequence: 10 } });
  }, 60_000);

  test('records that no longer say what the log says are named', async () => {
    await asOwner(`
      UPDATE breakwater.events SET data = '{"by":"nobody"}' WHERE key = 'k1';
      DELETE FROM breakwater.events WHERE key = 'k2';
      INSERT INTO breakwater.events (workflow_id, key, at, kind, data) VALUES ('${workflowId}', 'k9', now(), 'approved', '{}');
      UPDATE breakwater.runs SET verdict = 'passed', experiment = '{}'`);
    const { code, stdout } = await verify();
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      contradictions: [
        { workflowId, what: 'its beginning', kind: 'edited' },
        { workflowId, what: 'its end', kind: 'edited' },
        { what: 'event k1', kind: 'edited' },
        { what: 'event k2', kind: 'deleted' },
        { what: 'event k9', kind: 'inserted' },
      ],
    });
    await asOwner('TRUNCATE breakwater.runs CASCADE');
    expect((await verify()).stdout).toContain('"what": "the run"');
  }, 60_000);

  test('a checkpoint of another key is a forgery, a key that is none and a line that is none are usage errors', async () => {
    await checkpoint();
    await cli('audit', 'keygen', 'other.pem');
    const forged = await verify('--checkpoints', 'checkpoints.jsonl', '--public-key', 'other.pem.pub');
    expect(forged.code).toBe(3);
    expect(JSON.parse(forged.stdout)).toMatchObject({ good: false, forgedCheckpoints: [1] });
    const line = JSON.parse(readFileSync(join(cwd, 'checkpoints.jsonl'), 'utf8')) as Record<string, unknown>;
    writeFileSync(join(cwd, 'edited.jsonl'), JSON.stringify({ ...line, sequence: 9 }));
    expect((await verify('--checkpoints', 'edited.jsonl', '--public-key', 'key.pem.pub')).code).toBe(3);
    appendFileSync(join(cwd, 'checkpoints.jsonl'), '{"type":"breakwater-audit-check');
    const torn = await verify(...withCheckpoints);
    expect(torn.code).toBe(3);
    expect(JSON.parse(torn.stdout)).toMatchObject({ good: false, matched: 1, forgedCheckpoints: [], unreadableCheckpoints: [2] });
    for (const args of [
      ['--checkpoints', 'checkpoints.jsonl'],
      ['--checkpoints', 'checkpoints.jsonl', '--public-key', 'key.pem'],
      ['--checkpoints', 'nowhere.jsonl', '--public-key', 'key.pem.pub'],
      ['--checkpoints', 'key.pem.pub', '--public-key', 'key.pem.pub'],
      ['--file', 'nowhere.jsonl'],
    ])
      expect(await verify(...args)).toMatchObject({ code: 2, stdout: '' });
    expect(await cli('audit', 'keygen', 'key.pem')).toMatchObject({ code: 2, stderr: expect.stringContaining('EEXIST') as string });
    expect((await cli('audit', 'checkpoint')).code).toBe(2);
    expect(statSync(join(cwd, 'key.pem')).mode & 0o777).toBe(0o600);
  }, 60_000);

  test('an export verifies without the database, and not after an edit; csv holds no formula', async () => {
    await checkpoint();
    expect((await cli('audit', 'export', '--out', 'audit.jsonl')).code).toBe(0);
    const bare = (file: string) => call(['audit', 'verify', '--file', file, ...withCheckpoints], { cwd });
    expect(await bare('audit.jsonl')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 checkpoint matches') as string });
    const lines = readFileSync(join(cwd, 'audit.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(await entries());
    writeFileSync(join(cwd, 'edited.jsonl'), lines.join('\n').replace('person 3', 'nobody'));
    expect(await bare('edited.jsonl')).toMatchObject({ code: 3, stdout: expect.stringMatching(/^edited: entry 5 is not/) as string });
    const csv = await cli('audit', 'export', '--format', 'csv', '--run', workflowId, '--since', '2026-11-23T20:10:00.124Z');
    const rows = csv.stdout.split('\r\n').filter(Boolean);
    expect(rows[0]).toMatch(/^sequence,time_utc,epoch_ms,actor,/);
    expect(rows).toHaveLength(1 + 8);
    expect(csv.stdout).not.toMatch(/(^|,)"?[=+@]/m);
    expect((await cli('audit', 'export', '--run', 'nobody')).stdout.trim()).toBe('');
  }, 60_000);

  test('a checkpoint is published to every place of the settings; one that does not take it is an error that names the host alone', async () => {
    const bodies: string[] = [];
    let status = 201;
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        bodies.push(body);
        response.writeHead(status).end();
      });
    }).listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/log?token=hunter2`;
    const settings = { BREAKWATER_AUDIT_KEY: 'key.pem', BREAKWATER_AUDIT_CHECKPOINTS: 'checkpoints.jsonl', BREAKWATER_AUDIT_URL: url };
    const publish = () => call(['audit', 'checkpoint'], { cwd, env: { ...env, ...settings } });
    const { code, stdout } = await publish();
    expect(code).toBe(0);
    expect(JSON.parse(bodies[0]!)).toEqual(JSON.parse(stdout));
    expect(readFileSync(join(cwd, 'checkpoints.jsonl'), 'utf8').trim()).toBe(stdout.trim());
    expect((await call(['audit', 'verify'], { cwd, env: { ...env, ...settings } })).stdout).toContain('1 checkpoint matches');
    status = 500;
    const refused = await publish();
    server.close();
    expect(refused).toMatchObject({ code: 7, stderr: expect.stringContaining('did not take the checkpoint: status 500') as string });
    expect(refused.stderr).not.toContain('hunter2');
  }, 60_000);

  test('what is sealed elsewhere has the same hashes: the chain is as documented', async () => {
    const chain = await entries();
    expect(
      seal(
        chain.map(({ sequence: _s, previous: _p, hash: _h, ...fact }) => fact),
        { sequence: 0, hash: '0'.repeat(64) },
        sha256,
      ),
    ).toEqual(chain);
  });
});
