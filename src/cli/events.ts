import type { RunEvent } from '../domain/run.ts';
import { describeData } from '../report/describe-data.ts';
import { place } from '../report/format.ts';
import { plainText } from './plain-text.ts';
import type { Colour, Terminal } from './terminal.ts';

const COLOURS: Record<string, Colour> = {
  breach: 'red',
  leftover: 'red',
  abort: 'yellow',
  rejected: 'yellow',
  'approval-refused': 'yellow',
  'break-glass': 'red',
  denied: 'yellow',
  paused: 'yellow',
  'victim-skipped': 'yellow',
  'fence-failed': 'yellow',
  'fence-set': 'cyan',
  injected: 'cyan',
  undo: 'green',
  recovery: 'green',
  approved: 'green',
  closed: 'bold',
};

const clock = (atMs: number): string => new Date(atMs).toISOString().slice(11, 23);

/** One event in one line: `20:10:00.123 canary #1 injected …`. Times are UTC. */
export function eventLine({ atMs, kind, wave, iteration, data }: RunEvent, paint: Terminal['paint']): string {
  const where = plainText(place(wave, iteration));
  const colour = COLOURS[kind];
  const name = plainText(kind);
  const words = plainText(describeData(data));
  return [paint('dim', clock(atMs)), where, colour ? paint(colour, name) : name, words].filter(Boolean).join(' ');
}
