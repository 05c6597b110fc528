import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ExperimentError } from '../../src/language/problem.ts';
import { readSchedule, readScheduleFile, scheduleDigest } from '../../src/schedules/read.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { schedule, scheduleDocument } from './files.ts';

const example = resolve(__dirname, '../../examples/schedules/payment-worker.yaml');

const text = (changes = '', experiment = 'experiment.json'): string => `apiVersion: breakwater.dev/v1
kind: Schedule
metadata: { name: weekdays, owner: payments }
experiment: ${experiment}
windows:
  - { days: [mon, tue], from: "10:00", to: "15:00", zone: Europe/Berlin }
${changes}`;

const folders: string[] = [];
afterAll(() => folders.forEach((dir) => rmSync(dir, { recursive: true })));

/** A folder with an experiment and a calendar. */
function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'breakwater-schedule-'));
  folders.push(dir);
  writeFileSync(join(dir, 'experiment.json'), JSON.stringify(experimentDocument()));
  writeFileSync(
    join(dir, 'freezes.ics'),
    'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:freeze\r\nDTSTART;VALUE=DATE:20261201\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n',
  );
  writeFileSync(join(dir, 'broken.json'), JSON.stringify(experimentDocument({ hypothesis: 7 }), null, 2));
  return dir;
}

const problemsOf = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (error instanceof ExperimentError) return error.format();
    throw error;
  }
  throw new Error('nothing was wrong with it');
};

test('the example is a schedule, with its defaults', () => {
  const { name, terms, experiment } = readScheduleFile(example);
  expect([name, experiment.metadata.name]).toEqual(['payment-worker-weekdays', 'payment-worker']);
  expect(terms).toMatchObject({
    start: 'random',
    atMost: { runs: 2, per: 'week', of: 'schedule' },
    skip: { budgetBelow: 0.5 },
    catchUp: 'off',
    paused: false,
  });
});

test('names its experiment and calendars by paths from the file; where they lie does not change the digest', () => {
  const [one, other] = [folder(), folder()];
  const source = text('skip: { blackouts: [{ calendar: freezes.ics, zone: Europe/Berlin }] }');
  const read = readSchedule(source, join(one, 'weekdays.yaml'));
  expect(Object.keys(read.calendars)).toEqual(['freezes.ics']);
  expect(read.experiment.metadata.name).toBe('payment-worker');
  expect(scheduleDigest(readSchedule(source, join(other, 'renamed.yaml')))).toBe(scheduleDigest(read));
  expect(scheduleDigest(readSchedule(text(), join(one, 'weekdays.yaml')))).not.toBe(scheduleDigest(read));
  writeFileSync(join(one, 'freezes.ics'), 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n');
  expect(scheduleDigest(readSchedule(source, join(one, 'weekdays.yaml')))).not.toBe(scheduleDigest(read));
});

test('takes the experiment in it as well', () => {
  expect(schedule().experiment.metadata.name).toBe('payment-worker');
  expect(schedule().document).not.toHaveProperty('experiment');
});

test.each([
  ['an unknown key', text('jitter: 5m'), /weekdays\.yaml:7:1 jitter: /],
  ['a start that is none', text('start: noon'), /weekdays\.yaml:7:8 start: .*expected `random`, `begin` or/],
  ['no runs at all', text('atMost: { runs: 0, per: week }'), /weekdays\.yaml:7:17 atMost\.runs: /],
  ['another period', text('atMost: { runs: 1, per: year }'), /weekdays\.yaml:7:25 atMost\.per: /],
  ['a budget without a unit', text('skip: { budgetBelow: 50 }'), /weekdays\.yaml:7:22 skip\.budgetBelow: found 50, expected a percentage/],
  ['a budget that nobody could tell', text('skip: { budgetBelow: 50% }'), /weekdays\.yaml:7:22 skip\.budgetBelow: .*has no `slo`/],
  [
    'a rule that is none',
    text('skip: { blackouts: [{ rrule: often, start: 2026-01-01T00:00, duration: 1h, zone: UTC }] }'),
    /weekdays\.yaml:7:\d+ skip\.blackouts\[0\]/,
  ],
  [
    'a calendar that is not there',
    text('skip: { blackouts: [{ calendar: none.ics, zone: UTC }] }'),
    /skip\.blackouts\[0\]: .*none\.ics.*no such file/,
  ],
  [
    'a country that is none',
    text('skip: { blackouts: [{ holidays: XX, zone: UTC }] }'),
    /skip\.blackouts\[0\]: no holidays are known of XX/,
  ],
  ['an experiment that is not there', text('', 'none.yaml'), /none\.yaml:1:1 cannot be read: there is no such file/],
  ['an experiment elsewhere', text('', '/etc/passwd'), /weekdays\.yaml:4:13 experiment: expected a path that is relative/],
  ['an experiment that is none', text('', 'broken.json'), /broken\.json:\d+:\d+ hypothesis: found 7/],
  ['a catch-up of an hour', text('catchUp: 1h'), /weekdays\.yaml:7:10 catchUp: .*1m to 10m/],
  ['a name that is taken', text().replace('name: weekdays', 'name: calendar'), /weekdays\.yaml:3:19 metadata\.name: .*taken/],
])('%s is refused at its place', (_what, source, problem) => {
  expect(problemsOf(() => readSchedule(source, join(folder(), 'weekdays.yaml')))).toMatch(problem);
});

test('an experiment within the file is refused at its place', () => {
  const source = JSON.stringify(scheduleDocument({ experiment: experimentDocument({ hypothesis: 7 }) }), null, 1);
  expect(problemsOf(() => readSchedule(source, 'x.json'))).toMatch(/^x\.json:\d\d:\d+ experiment\.hypothesis: found 7/);
});
