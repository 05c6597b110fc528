import { readSchedule, type ReadSchedule } from '../../src/schedules/read.ts';
import { experimentDocument } from '../workflows/harness/document.ts';

/** A schedule file as data, with its experiment in it. */
export const scheduleDocument = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  apiVersion: 'breakwater.dev/v1',
  kind: 'Schedule',
  metadata: { name: 'weekdays', owner: 'payments' },
  experiment: experimentDocument(),
  windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '10:00', to: '15:00', zone: 'Europe/Berlin' }],
  ...changes,
});

/** The same, read. */
export const schedule = (changes: Record<string, unknown> = {}): ReadSchedule =>
  readSchedule(JSON.stringify(scheduleDocument(changes)), 'schedule.json');
