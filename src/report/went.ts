import type { RunEvent } from '../records/ports.ts';
import { stopLatencies } from './fault-windows.ts';
import { duration, place } from './format.ts';
import type { RunReport } from './model.ts';
import { readResult } from './result.ts';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const wavesWith = (events: readonly RunEvent[], isWanted: (verdict: string) => boolean): RunEvent[] =>
  events.filter(({ kind, data }) => kind === 'wave-judged' && isWanted(text(data.verdict)));

/** What the record shows to have helped, in sentences. */
export function wentWell({ run, events }: Pick<RunReport, 'run' | 'events'>): string[] {
  const { iterations, leftovers, victims } = readResult(run.result);
  const undone = victims.filter(({ undone: what }) => what !== undefined).length;
  const recovered = iterations.flatMap(({ wave, iteration, recovery }) =>
    recovery?.kind === 'recovered' && recovery.inMs <= recovery.withinMs
      ? [
          `${place(wave, iteration)}: steady state was back after ${duration(recovery.inMs)}, promised within ${duration(recovery.withinMs)}`,
        ]
      : [],
  );
  const helpers = iterations.flatMap(({ wave, iteration, recovery }) =>
    recovery && recovery.kind !== 'not-needed' && recovery.helpedBy?.length
      ? [`${place(wave, iteration)}: runbooks that were run: ${recovery.helpedBy.join(', ')}`]
      : [],
  );
  return [
    ...stopLatencies(events).map(
      ({ wave, iteration, cause, latencyMs }) =>
        `${place(wave, iteration)}: ${cause} seen, and everything undone ${duration(latencyMs)} later`,
    ),
    ...(undone > 0 && leftovers.length === 0 ? [`all ${undone} faults that had to be undone were undone`] : []),
    ...wavesWith(events, (verdict) => verdict === 'passed').map(({ wave = '', data }) => `wave ${wave} passed: ${text(data.reason)}`),
    ...recovered,
    ...helpers,
  ];
}

/** What the record shows to have failed, in sentences. */
export function wentWrong({ run, events }: Pick<RunReport, 'run' | 'events'>): string[] {
  const { iterations, leftovers, recordsIncomplete } = readResult(run.result);
  const late = iterations.flatMap(({ wave, iteration, recovery }) => {
    const where = place(wave, iteration);
    if (recovery?.kind === 'not-recovered') return [`${where}: steady state was not back within ${duration(recovery.withinMs)}`];
    if (recovery?.kind !== 'recovered' || recovery.inMs <= recovery.withinMs) return [];
    return [`${where}: steady state was back after ${duration(recovery.inMs)}, promised within ${duration(recovery.withinMs)}`];
  });
  return [
    ...wavesWith(events, (verdict) => verdict !== 'passed').map(
      ({ wave = '', data }) => `wave ${wave} ${text(data.verdict)} (${text(data.rule)}): ${text(data.reason)}`,
    ),
    ...late,
    ...leftovers.map((what) => `could not be undone: ${what}`),
    ...(recordsIncomplete ? ['the records are incomplete: the database did not take everything'] : []),
  ];
}
