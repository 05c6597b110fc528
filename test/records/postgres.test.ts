import { setTimeout as delay } from 'node:timers/promises';
import { verifyAudit } from '../../src/records/audit/verify.ts';
import type { Records } from '../../src/records/ports.ts';
import { createRecords } from '../../src/records/postgres.ts';
import { openChain } from '../../src/records/postgres/chain.ts';
import { openDatabase } from '../../src/records/postgres/database.ts';
import { createDatabase, forgetEverything, sql } from './database.ts';
import { aRun, anEvent, aSample, T0 } from './examples.ts';
import { recordsContract } from './records.contract.ts';

let database: Awaited<ReturnType<typeof createDatabase>>;
let records: Records;

beforeAll(async () => {
  database = await createDatabase();
  records = createRecords({ url: database.url, maxConnections: 3 });
  await records.migrate();
});

afterAll(async () => {
  await records?.close();
  await database?.drop();
});

recordsContract(async () => {
  await forgetEverything(database.url);
  return records;
});

test('migrating again changes nothing', async () => {
  await records.migrate();
  expect(await sql(database.url, 'SELECT name FROM breakwater.migrations ORDER BY id')).toEqual([
    { name: '0001_runs-and-events' },
    { name: '0002_samples' },
    { name: '0003_leftovers' },
    { name: '0004_evidence' },
    { name: '0005_downsampled' },
    { name: '0006_audit' },
    { name: '0007_claimed-starts' },
    { name: '0008_catalogue' },
  ]);
});

test('two workers that write at once leave one chain, each event in it once', async () => {
  await forgetEverything(database.url);
  const other = createRecords({ url: database.url, maxConnections: 3 });
  const runs = Array.from({ length: 6 }, (_, i) => `run-${i}`);
  try {
    await Promise.all(runs.map((workflowId) => records.openRun(aRun({ workflowId }))));
    // Both are given the same events, as a retried activity gives them.
    const write = (by: Records) =>
      runs.flatMap((workflowId) =>
        Array.from({ length: 10 }, (_, i) => by.appendEvents(workflowId, [anEvent({ key: `k${i}` }), anEvent({ key: `l${i}` })])),
      );
    await Promise.all([...write(records), ...write(other)]);
  } finally {
    await other.close();
  }
  const verified = await verifyAudit(records, []);
  expect(verified).toMatchObject({ entries: 6 * 21, head: { sequence: 6 * 21 }, contradictions: [] });
  expect(verified.tampering).toBeUndefined();
});

const asOwner = (statements: string): Promise<object[]> => sql(database.url, `SET session_replication_role = 'replica'; ${statements}`);

test('a run from before the audit log is told apart, its later events too; one that was put in after is named', async () => {
  await forgetEverything(database.url);
  const old = aRun({ workflowId: 'old', startedAtMs: T0 - 1_000 });
  await records.openRun(old);
  await records.appendEvents('old', [anEvent({ key: 'k1', atMs: T0 - 900 })]);
  await asOwner('DELETE FROM breakwater.audit; UPDATE breakwater.runs SET experiment_digest = NULL'); // as migration 0006 found it
  await records.openRun(aRun());
  await records.appendEvents('old', [anEvent({ key: 'k2' })]);
  await records.closeRun('old', { verdict: 'passed', reason: 'r', result: {}, closedAtMs: T0 + 9 });
  expect(await verifyAudit(records, [])).toMatchObject({ entries: 3, contradictions: [], olderRuns: 1 });
  await asOwner(`INSERT INTO breakwater.runs SELECT (run).* FROM (SELECT jsonb_populate_record(run, '{"workflow_id":"new"}') AS run
    FROM breakwater.runs AS run WHERE workflow_id <> 'old') AS copy`);
  await asOwner("UPDATE breakwater.events SET kind = 'other' WHERE workflow_id = 'old'");
  expect(await verifyAudit(records, [])).toMatchObject({
    contradictions: [
      { workflowId: 'new', what: 'the run', kind: 'inserted' },
      { workflowId: 'old', what: 'event k2', kind: 'edited' },
    ],
    olderRuns: 1,
  });
});

test('an entry before the first proves nothing, and is found; a second one of an event is named, and the first counts', async () => {
  await forgetEverything(database.url);
  await records.openRun(aRun());
  await records.appendEvents(aRun().workflowId, [anEvent()]);
  const [{ last } = { last: 0 }] = await sql<{ last: number }>(database.url, 'SELECT max(sequence)::int AS last FROM breakwater.audit');
  const copy = (sequence: string) =>
    `INSERT INTO breakwater.audit SELECT ${sequence}, key, at, actor, 'other', subject, run, details, previous, hash
     FROM breakwater.audit WHERE sequence = ${last}`;
  await asOwner(`${copy('3')}; UPDATE breakwater.events SET kind = 'other'`);
  expect(await records.strayEvents(10)).toMatchObject([
    { key: 'k1', kind: 'edited' },
    { key: 'k1', kind: 'inserted' },
  ]);
  await asOwner(`DELETE FROM breakwater.audit WHERE sequence = 3; ${copy('-9223372036854775808')}; ${copy('0')};
    DELETE FROM breakwater.audit WHERE sequence = 2`);
  expect(await records.strayEvents(10)).toMatchObject([{ key: 'k1', kind: 'inserted' }]);
  const { entries, tampering } = await verifyAudit(records, []);
  expect([entries, tampering?.kind]).toEqual([3, 'inserted']);
});

test('the view of wave results shows the last judgement of each iteration', async () => {
  await sql(database.url, 'TRUNCATE breakwater.runs CASCADE');
  await records.openRun(aRun());
  const judged = (key: string, iteration: number, atMs: number) =>
    anEvent({ key, kind: 'judged', wave: 'canary', iteration, atMs, data: { outcome: key } });
  await records.appendEvents(aRun().workflowId, [
    judged('first', 0, T0),
    judged('last', 0, T0 + 9),
    judged('other', 1, T0),
    anEvent({ key: 'no wave' }),
  ]);
  const rows = await sql(
    database.url,
    `SELECT wave, iteration, outcome->>'outcome' AS outcome FROM breakwater.wave_results ORDER BY iteration`,
  );
  expect(rows).toEqual([
    { wave: 'canary', iteration: 0, outcome: 'last' },
    { wave: 'canary', iteration: 1, outcome: 'other' },
  ]);
});

test('a connection that the server ended is replaced', async () => {
  await records.ping();
  await sql(
    database.url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await records.ping().catch(() => undefined); // the one that notices may fail; it must not end the process
  expect((await records.ping()).serverTimeMs).toBeGreaterThan(T0 - 1e12);
});

test('a connection that breaks in the middle of a transaction, between two statements too, fails that write alone', async () => {
  await forgetEverything(database.url);
  await records.openRun(aRun());
  const own = openDatabase({ url: database.url, maxConnections: 1 });
  const broken = own.transaction('try', 'SELECT pg_backend_pid() AS pid', async (query, [row]: readonly { pid: number }[]) => {
    await sql(database.url, `SELECT pg_terminate_backend(${row!.pid})`);
    await delay(200); // it is told while nothing is under way
    return query('SELECT 1');
  });
  await expect(broken).rejects.toMatchObject({ name: 'RecordsError', retryable: true });
  expect((await own.query<{ one: number }>('ask', 'SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await own.close();
});

test('a writer that froze with the end of the chain in its hand is sent away', async () => {
  await forgetEverything(database.url);
  const own = openDatabase({ url: database.url, maxConnections: 1 });
  const [isHeld, held] = [() => holding(), new Promise<void>((resolve) => (holding = resolve))];
  const frozen = openChain(own)('freeze', async () => {
    isHeld();
    await delay(3_500);
    return { facts: [], answer: undefined };
  });
  frozen.catch(() => undefined);
  await held;
  await records.openRun(aRun()); // waits, and gets it
  expect(await records.auditHead()).toMatchObject({ sequence: 1 });
  await expect(frozen).rejects.toMatchObject({ name: 'RecordsError' });
  await own.close();
});
let holding: () => void = () => undefined;

test('closing waits for the samples that were given before', async () => {
  await sql(database.url, 'TRUNCATE breakwater.runs CASCADE');
  const other = createRecords({ url: database.url, maxConnections: 1 });
  await other.openRun(aRun());
  const writes = [1, 2, 3].map((i) => other.appendSamples(aRun().workflowId, [aSample({ atMs: T0 + i })]));
  await other.close();
  await Promise.all(writes);
  expect(await records.samples(aRun().workflowId)).toHaveLength(3);
});

test('the view of wave verdicts tells the same as the port', async () => {
  await sql(database.url, 'TRUNCATE breakwater.runs CASCADE');
  const { workflowId } = aRun();
  await records.openRun(aRun());
  const data = {
    ...{ verdict: 'passed', rule: 'held', reason: 'it held', rehearsal: false, recovered: 1, of: 1 },
    ...{ fault: { kind: 'process-kill' }, targets: { kind: 'process' } },
  };
  await records.appendEvents(workflowId, [
    anEvent({ key: 'first', kind: 'wave-judged', wave: 'canary', data }),
    anEvent({ key: 'again', kind: 'wave-judged', wave: 'canary', data: { ...data, verdict: 'failed' } }),
  ]);
  const view = () => sql(database.url, "SELECT workflow_id, wave, run_verdict, data->>'verdict' AS verdict FROM breakwater.wave_verdicts");
  expect(await view()).toEqual([]);
  await records.closeRun(workflowId, { verdict: 'denied', reason: 'r', result: {}, closedAtMs: T0 });
  expect(await view()).toEqual([{ workflow_id: workflowId, wave: 'canary', run_verdict: 'denied', verdict: 'passed' }]);
  expect(await records.waves({ limit: 1 })).toMatchObject([{ workflowId, wave: 'canary', runVerdict: 'denied', verdict: 'passed' }]);
});
