import type { RunEvent } from '../records/ports.ts';
import { describeData } from './describe-data.ts';
import { duration, place, utc } from './format.ts';
import { iterationRows } from './iterations.ts';
import type { RunReport } from './model.ts';

/** One instant that every plot of a report shows. */
export interface Mark {
  kind: 'wave' | 'victim' | 'stop' | 'recovered' | 'not-recovered';
  atMs: number;
  label: string;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const nameOf = ({ data }: RunEvent): string => {
  const target = isRecord(data.target) ? data.target : data;
  return typeof target.name === 'string' ? target.name : 'a victim';
};

function markOf(event: RunEvent): Omit<Mark, 'atMs'>[] {
  const { kind, wave, iteration, data } = event;
  const where = place(wave, iteration);
  if (kind === 'injected' && data.outcome !== 'skipped') return [{ kind: 'victim', label: `hit in ${where}: ${nameOf(event)}` }];
  if (kind === 'breach' || kind === 'abort' || kind === 'halt' || kind === 'incident')
    return [{ kind: 'stop', label: `${kind}: ${describeData(data)}` }];
  if (kind !== 'recovery') return [];
  if (data.kind === 'recovered')
    return [
      {
        kind: 'recovered',
        label: `steady state is proven to be back, ${where}${typeof data.inMs === 'number' ? `, after ${duration(data.inMs)}` : ''}`,
      },
    ];
  return data.kind === 'not-recovered' ? [{ kind: 'not-recovered', label: `steady state was not back in time, ${where}` }] : [];
}

/** Where waves began, who was hit, where it was stopped and when steady state was back; by time. */
export function marksOf(report: Pick<RunReport, 'run' | 'events'>): Mark[] {
  const waves = iterationRows(report).flatMap(({ wave, iteration, startedAtMs }): Mark[] =>
    startedAtMs === undefined ? [] : [{ kind: 'wave', atMs: startedAtMs, label: place(wave, iteration) }],
  );
  const others = report.events.flatMap((event) =>
    markOf(event).map((mark): Mark => ({ ...mark, atMs: event.atMs, label: `${mark.label}, ${utc(event.atMs)}` })),
  );
  return [...waves, ...others].sort((a, b) => a.atMs - b.atMs);
}
