import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Records } from '../../src/records/ports.ts';
import { createRecords } from '../../src/records/postgres.ts';
import { createDatabase } from '../records/database.ts';
import { events, run, samples } from '../report/examples.ts';
import { past } from '../report/runs-examples.ts';
import { buildWhenStale, call } from './command.ts';

let database: Awaited<ReturnType<typeof createDatabase>>;
let records: Records;
let cwd: string;
const id = run().workflowId;
const report = (...args: string[]) => call(['report', ...args], { cwd, env: { BREAKWATER_DATABASE_URL: database.url } });
const prune = (...args: string[]) => call(['records', 'prune', ...args], { cwd, env: { BREAKWATER_DATABASE_URL: database.url } });

beforeAll(async () => {
  buildWhenStale();
  cwd = mkdtempSync(join(tmpdir(), 'breakwater-report-'));
  database = await createDatabase();
  records = createRecords({ url: database.url, maxConnections: 2 });
  await records.migrate();
  for (const each of [run(), past(1, 'passed', [4_000]), past(2, 'failed', [null], { environment: 'production' })]) {
    const { verdict, reason, result, closedAtMs, ...open } = each;
    await records.openRun(open);
    await records.closeRun(each.workflowId, { verdict: verdict!, reason: reason!, result: result!, closedAtMs: closedAtMs! });
  }
  await records.appendEvents(id, events());
  await records.appendSamples(id, samples());
}, 180_000);
afterAll(async () => {
  await records?.close();
  await database?.drop();
  rmSync(cwd, { recursive: true, force: true });
});

test('one run, in every format, to stdout and to a file', async () => {
  for (const [format, begins] of Object.entries({
    html: '<!DOCTYPE html>',
    markdown: '# payment-worker-kill',
    junit: '<?xml',
    csv: 'time_utc,',
  })) {
    const { code, stdout } = await report(id, '--format', format);
    expect([code, stdout.slice(0, begins.length)]).toEqual([0, begins]);
  }
  expect(JSON.parse((await report(id, '--format', 'json')).stdout)).toMatchObject({ samples: samples(), events: events() });
  const written = await report(id, '--format', 'csv', '--out', 'samples.csv');
  expect(written).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('Written: samples.csv') as string });
  expect(readFileSync(join(cwd, 'samples.csv'), 'utf8').split('\r\n')).toHaveLength(32);
}, 60_000);

test('many runs, by name and by what they have in common', async () => {
  const named = await report(id, 'kill.payment-worker.staging.1', id);
  expect(named.stdout).toContain('**2 runs: 1 passed, 1 aborted.');
  const filtered = await report('--service', 'payments', '--environment', 'staging', '--since', '2026-11-24', '--format', 'json');
  expect(JSON.parse(filtered.stdout)).toMatchObject({
    asked: { Service: 'payments', Environment: 'staging', Since: '2026-11-24 00:00:00.000 UTC' },
    runs: [{ workflowId: 'kill.payment-worker.staging.1' }],
  });
  const cut = await report('--name', 'payment-worker-kill', '--limit', '2', '--format', 'json');
  expect(JSON.parse(cut.stdout)).toMatchObject({ isCut: true, runs: [{}, {}] });
  const stops = await report('--verdict', 'aborted', '--format', 'json');
  expect(JSON.parse(stops.stdout)).toMatchObject({
    measures: { 'Time to detect': { medianMs: 10_000 }, 'Breach → undone': { worstMs: 43 } },
  });
  expect((await report('--service', 'nobody')).stdout).toContain('No run fits');
}, 60_000);

test('what is wrong is said, and an existing file is not touched', async () => {
  writeFileSync(join(cwd, 'mine.html'), 'mine');
  const missing = await report('no-such-run', '--format', 'html', '--out', 'mine.html');
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('No run no-such-run is recorded.') as string });
  expect(readFileSync(join(cwd, 'mine.html'), 'utf8')).toBe('mine');
  expect(await report(id, '--out', 'no/such/folder.md')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('cannot be written') as string,
  });
  expect(existsSync(join(cwd, 'no'))).toBe(false);
  expect(await report()).toMatchObject({ code: 2, stderr: expect.stringContaining('Which run?') as string });
  expect(await report(id, '--since', '3d')).toMatchObject({ code: 2, stderr: expect.stringContaining('by name and by filter') as string });
  expect(await report('--since', 'yesterday')).toMatchObject({ code: 2, stderr: expect.stringContaining('such as 30d') as string });
  expect(await report('--since', '30d', '--format', 'junit')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('one run') as string,
  });
}, 60_000);

test('records prune: counts, then replaces; the report says the same afterwards, and which part is gone', async () => {
  const laterMs = Date.now() - 2 * 86_400_000 - run().closedAtMs!;
  const { verdict: _verdict, reason: _reason, result: _result, closedAtMs, ...open } = run({ workflowId: 'old' });
  await records.openRun({ ...open, startedAtMs: open.startedAtMs + laterMs });
  await records.closeRun('old', { verdict: 'passed', reason: 'held', result: {}, closedAtMs: closedAtMs! + laterMs });
  await records.appendSamples(
    'old',
    samples().map((sample) => ({ ...sample, atMs: sample.atMs + laterMs })),
  );
  const html = async () => (await report('old', '--format', 'html')).stdout;
  const before = await html();
  expect((await prune('--samples', '3d', '-o', 'json')).code).toBe(0);
  expect(await records.samples('old')).toHaveLength(30);
  const counted = JSON.parse((await prune('--samples', '1d', '--dry-run', '-o', 'json')).stdout) as { samples: number };
  expect(counted.samples).toBeGreaterThanOrEqual(30);
  expect(await html()).toBe(before);
  expect((await prune('--samples', '1d')).stdout).toContain(`replaced ${counted.samples} samples`);
  expect(await records.samples('old')).toEqual([]);
  const after = await html();
  expect(after).toContain('The samples are no longer kept');
  expect(after.replace(/<p class="note">The samples are no longer kept[^<]*<\/p>/, '')).toBe(before);
  expect((await report('old', '--format', 'csv')).stdout).toMatch(/^time_utc,epoch_ms,to_epoch_ms/);
}, 60_000);

test.each([
  [['--samples', '30d', '--buckets', '7d'], 'BREAKWATER_BUCKETS_DAYS'],
  [['--samples', '5m'], 'an hour at least'],
])('records prune %j is refused', async (args, why) => {
  expect(await prune(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(why) as string });
});
