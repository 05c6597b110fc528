import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calendar } from '../../src/policy/times/calendar.ts';
import { scheduleDocument } from '../schedules/files.ts';
import { temporalAddress } from '../support/addresses.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { buildWhenStale, call } from './command.ts';

const DAY_MS = 86_400_000;

let cwd: string;
beforeAll(() => {
  buildWhenStale();
}, 240_000);
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'breakwater-cli-'));
  writeFileSync(join(cwd, 'experiment.json'), JSON.stringify(experimentDocument()));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

/** Writes a schedule file that names the experiment beside it. */
function write(file: string, changes: Record<string, unknown> = {}): string {
  writeFileSync(join(cwd, file), JSON.stringify(scheduleDocument({ experiment: 'experiment.json', ...changes })));
  return file;
}

interface Day {
  date: string;
  atMs?: number;
  skipped?: string;
  denied?: string;
}

test('preview of a file needs no server: the next runs, and why a day is skipped', async () => {
  const file = write('weekdays.json', { atMost: { runs: 2, per: 'week' } });
  const people = await call(['schedule', 'preview', file, '--days', '14'], { cwd });
  expect(people.code).toBe(0);
  expect(people.stdout).toMatch(/at a random minute; at most 2 a week/);
  expect(people.stdout).toMatch(/^Sat \d{4}-\d\d-\d\d .*no window$/m);
  expect(people.stdout).toMatch(/^\w{3} \d{4}-\d\d-\d\d {2}1[0-4]:\d\d .*run$/m);
  const { days } = JSON.parse((await call(['schedule', 'preview', file, '--days', '14', '--json'], { cwd })).stdout) as { days: Day[] };
  expect(new Set(days.map(({ date }) => date)).size).toBeGreaterThanOrEqual(14);
  const runs = days.filter(({ atMs, skipped }) => atMs !== undefined && skipped === undefined);
  expect(runs.length).toBeGreaterThanOrEqual(4);
});

test('preview tells what policy will have against a run; what is wrong with a file, with its place', async () => {
  const production = experimentDocument({
    metadata: { name: 'payment-worker', owner: 'payments', service: 'payments', environment: 'production' },
  });
  const file = write('production.json', { experiment: production });
  const { stdout } = await call(['schedule', 'preview', file, '-o', 'json'], { cwd });
  const { days } = JSON.parse(stdout) as { days: Day[] };
  expect(days.find(({ denied }) => denied !== undefined)?.denied).toMatch(/production/);
  write('wrong.json', { start: 'noon' });
  expect(await call(['schedule', 'preview', 'wrong.json'], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/wrong\.json:1:\d+ start: /) as unknown,
  });
});

describeWithTemporal('with a server', () => {
  test('apply, apply again, change, calendar, feed, remove', async () => {
    const env = { TEMPORAL_ADDRESS: temporalAddress(), BREAKWATER_TASK_QUEUE: `test-${randomUUID()}` };
    const ask = (...args: string[]) => call(['schedule', ...args], { cwd, env });
    const file = write('weekdays.json', { start: { at: '11:00' } });
    expect((await ask('apply', file, '--dry-run')).stdout).toBe('weekdays: would be created\n');
    expect(await ask('apply', file)).toMatchObject({ code: 0, stdout: 'weekdays: created\n' });
    expect((await ask('apply', file)).stdout).toBe('weekdays: unchanged\n');
    write('weekdays.json', { start: { at: '12:00' } });
    expect((await ask('apply', file)).stdout).toBe('weekdays: updated\n  schedule.start.at: "11:00" → "12:00"\n');
    const { days } = JSON.parse((await ask('preview', 'weekdays', '--json')).stdout) as { days: Day[] };
    const runs = days.flatMap(({ atMs, skipped }) => (atMs !== undefined && skipped === undefined ? [atMs] : []));
    let entries: { schedule: string; atMs: number }[] = [];
    for (let looks = 0; looks < 20 && entries.length === 0; looks++)
      // visibility lags
      entries = JSON.parse((await ask('calendar', '-o', 'json')).stdout) as typeof entries;
    expect(entries.map(({ atMs }) => atMs)).toEqual(runs);
    const feed = (await ask('calendar', '--ics')).stdout;
    const spans = calendar(feed, 'UTC').spans(Date.now(), Date.now() + 30 * DAY_MS);
    expect(spans.map(({ fromMs }) => fromMs)).toEqual(runs);
    expect((await ask('list')).stdout).toMatch(/weekdays .*at 12:00 .*payment-worker in staging/);
    expect((await ask('remove', 'weekdays')).code).toBe(0);
    expect((await ask('preview', 'weekdays')).code).toBe(2);
  });
});
