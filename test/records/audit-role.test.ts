import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { createRecords } from '../../src/records/postgres.ts';
import { createDatabase, sql } from './database.ts';
import { aRun, aSample, anEvent, T0 } from './examples.ts';

const roles = readFileSync(join(__dirname, '../../deploy/postgres/roles.sql'), 'utf8');
const role = `app_${process.pid}_${randomBytes(4).toString('hex')}`;

let database: Awaited<ReturnType<typeof createDatabase>>;
let appUrl: string;
beforeAll(async () => {
  database = await createDatabase();
  const owner = createRecords({ url: database.url, maxConnections: 1 });
  await owner.migrate();
  await owner.close();
  await sql(database.url, `CREATE ROLE ${role} LOGIN PASSWORD 'of-the-test'`);
  await sql(database.url, roles.replaceAll('breakwater_app', role));
  const url = new URL(database.url);
  Object.assign(url, { username: role, password: 'of-the-test' });
  appUrl = url.href;
});
afterAll(async () => {
  await sql(database.url, `DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await database.drop();
});

test('the role of the application can do all that Breakwater does, its migration at the start included', async () => {
  const { workflowId } = aRun();
  const app = createRecords({ url: appUrl, maxConnections: 2 });
  await app.migrate();
  await app.openRun(aRun());
  await app.appendEvents(workflowId, [anEvent()]);
  await app.appendSamples(workflowId, [aSample()]);
  await app.recordPostMortem({ workflowId, digest: 'd', by: 'b', atMs: T0, completed: 1, fields: 1, missing: [], runbook: 'updated' });
  await app.closeRun(workflowId, { verdict: 'passed', reason: 'r', result: {}, closedAtMs: T0 });
  await app.prune({ samplesSinceMs: T0 + 9e6, bucketsSinceMs: T0 + 9e6 }, true);
  expect(await app.auditHead()).toMatchObject({ sequence: 5 });
  expect(await app.strayEvents(1)).toEqual([]);
  await app.close();
});

test.each([
  "UPDATE breakwater.audit SET actor = 'nobody'",
  'DELETE FROM breakwater.audit',
  'TRUNCATE breakwater.audit',
  'DROP TABLE breakwater.audit',
  'ALTER TABLE breakwater.audit DISABLE TRIGGER USER',
  'DROP TRIGGER audit_is_append_only ON breakwater.audit',
  'CREATE OR REPLACE FUNCTION breakwater.audit_follows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
  "SET session_replication_role = 'replica'",
  "UPDATE breakwater.events SET data = '{}'",
  'DELETE FROM breakwater.events',
  "UPDATE breakwater.runs SET requested_by = 'nobody'",
  'DELETE FROM breakwater.runs',
  "UPDATE breakwater.post_mortems SET handed_in_by = 'nobody'",
])('the role of the application may not: %s', async (statement) => {
  await expect(sql(appUrl, statement)).rejects.toThrow(/permission denied|must be owner/);
});

const entry = (sequence: number, previous: string) =>
  `INSERT INTO breakwater.audit VALUES (${sequence}, 'k', now(), 'a', 'b', 'c', NULL, '{}', '${previous}', 'h')`;

test('nobody can insert an entry that does not follow the last one', async () => {
  const head = '(SELECT hash FROM breakwater.audit WHERE sequence = 5)';
  await expect(sql(appUrl, entry(9, 'x'))).rejects.toThrow('audit entry 9 does not follow the last one');
  await expect(sql(database.url, entry(6, 'x'))).rejects.toThrow('audit entry 6 does not follow the last one');
  await expect(sql(database.url, entry(5, 'x'))).rejects.toThrow('audit entry 5 does not follow the last one');
  expect(await sql(database.url, `SELECT length(${head}) AS length`)).toEqual([{ length: 64 }]);
});

test.each(["UPDATE breakwater.audit SET actor = 'nobody'", 'DELETE FROM breakwater.audit WHERE false', 'TRUNCATE breakwater.audit'])(
  'its owner, too, must take the triggers away first: %s',
  async (statement) => {
    await expect(sql(database.url, statement)).rejects.toThrow('the audit log is append-only');
  },
);
