import type { RunEvent } from '../records/ports.ts';
import { groupBy } from './group.ts';

/** When a fault was live: from its injection to its undo, or to recovery where there was nothing to undo. */
export interface FaultWindow {
  wave: string;
  iteration: number;
  fromMs: number;
  /** Absent: its end is not in the record. */
  toMs?: number;
}

/** How long a stop took in one iteration: breach or abort seen → last undo done, milliseconds. */
export interface StopLatency {
  wave: string;
  iteration: number;
  cause: string;
  latencyMs: number;
}

const sameIteration = ({ wave, iteration }: RunEvent): string => JSON.stringify([wave, iteration]);
const latest = (events: readonly RunEvent[]): number | undefined =>
  events.length ? Math.max(...events.map(({ atMs }) => atMs)) : undefined;

const iterations = (events: readonly RunEvent[]): RunEvent[][] => [
  ...groupBy(
    events.filter(({ wave, iteration }) => wave !== undefined && iteration !== undefined),
    sameIteration,
  ).values(),
];

const isInjection = ({ kind, data }: RunEvent): boolean => kind === 'injected' && data.outcome !== 'skipped';

/** One window per iteration that had a fault, in the order of the events. */
export function faultWindows(events: readonly RunEvent[]): FaultWindow[] {
  return iterations(events).flatMap((group) => {
    const first = group.find(isInjection);
    if (!first?.wave || first.iteration === undefined) return [];
    const later = group.filter(({ atMs }) => atMs >= first.atMs);
    const undone = later.filter(({ kind }) => kind === 'undo');
    const recovery = later.find(({ kind }) => kind === 'recovery');
    const toMs = latest(undone) ?? recovery?.atMs;
    return [{ wave: first.wave, iteration: first.iteration, fromMs: first.atMs, ...(toMs === undefined ? {} : { toMs }) }];
  });
}

/** One per iteration that was stopped and undone. An abort carries no wave of its own: it counts for the iteration that it hit. */
export function stopLatencies(events: readonly RunEvent[]): StopLatency[] {
  const aborts = events.filter(({ kind }) => kind === 'abort');
  return iterations(events).flatMap((group) => {
    const injected = group.find(isInjection);
    const undoneMs = latest(group.filter(({ kind }) => kind === 'undo'));
    if (!injected?.wave || injected.iteration === undefined || undoneMs === undefined) return [];
    const during = ({ atMs }: RunEvent): boolean => atMs >= injected.atMs && atMs <= undoneMs;
    const stop = [...group.filter(({ kind }) => kind === 'breach'), ...aborts].filter(during).sort((a, b) => a.atMs - b.atMs)[0];
    return stop ? [{ wave: injected.wave, iteration: injected.iteration, cause: stop.kind, latencyMs: undoneMs - stop.atMs }] : [];
  });
}
