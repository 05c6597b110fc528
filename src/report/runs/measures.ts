import type { RunEvent, RunRecord } from '../../records/ports.ts';
import { stopLatencies } from '../fault-windows.ts';
import { groupBy } from '../group.ts';
import { readResult, type RecordedResult } from '../result.ts';

/** Kinds of events that the measures of a run are read from. */
export const MEASURED_KINDS = [...['injected', 'undo', 'recovery', 'judged', 'breach', 'abort', 'halt', 'incident', 'runbook']] as const;

/** What one run says of how fast things went. All lists in milliseconds; Infinity is what did not come in time. */
export interface RunMeasures {
  run: RunRecord;
  /** The verdict, or `running`. */
  verdict: string;
  /** How many were hit. */
  victims: number;
  /**
   * One for each victim: from the end of the fault until steady state was back and its victims were ready. Victims of an iteration are hit
   * together and counted with its time, which is that of the slowest of them.
   */
  recoveries: number[];
  /** One for each victim that was timed: hit → it, or who replaced it, was ready. */
  returns: number[];
  /** Victims after whom nobody looked: not in `recoveries`. */
  unmeasured: number;
  /** What recovery was promised within, when it was the same in all iterations. */
  withinMs?: number;
  /** From the first injection of an iteration until a stop condition or the trigger of a runbook saw it. */
  detections: number[];
  /** From the beginning of a runbook until it was verified to have helped. */
  remediations: number[];
  /** From the first injection of an iteration until steady state was back. */
  fullRecoveries: number[];
  /** Breach or abort seen → last undo done. */
  stops: number[];
  leftovers: number;
}

type Iteration = RecordedResult['iterations'][number];
const keyOf = ({ wave, iteration }: { wave?: string | undefined; iteration?: number | undefined }): string =>
  JSON.stringify([wave, iteration]);
const isHit = ({ kind, data }: RunEvent): boolean => kind === 'injected' && data.outcome !== 'skipped';
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

/** The iterations of the result; of a run without one, those whose recovery is told by an event. */
function iterationsOf({ result }: RunRecord, events: readonly RunEvent[]): Iteration[] {
  const { iterations } = readResult(result);
  if (iterations.length > 0) return iterations.filter(({ dryRun }) => !dryRun);
  return events.flatMap(({ kind, wave, iteration, data }) =>
    kind === 'recovery' && wave !== undefined && iteration !== undefined
      ? readResult({ iterations: [{ wave, iteration, outcome: 'running', recovery: data }] }).iterations
      : [],
  );
}

/** What followed the first injection of an iteration, or undefined where there was none. */
function afterInjection(group: readonly RunEvent[]): { injectedMs: number; lastMs: number; later: RunEvent[] } | undefined {
  const hits = group.filter(isHit).map(({ atMs }) => atMs);
  const [injectedMs] = hits;
  if (injectedMs === undefined) return undefined;
  return { injectedMs, lastMs: Math.max(...hits), later: group.filter(({ atMs }) => atMs >= injectedMs) };
}

/** What the run writes when a stop, and nothing that was measured, called for the runbook. */
const AFTER_A_STOP = 'rollback after a stop';
const isCalledByTrigger = ({ kind, data }: RunEvent): boolean =>
  kind === 'runbook' && data.outcome === 'begun' && data.why !== AFTER_A_STOP;

function detectionOf(group: readonly RunEvent[]): number[] {
  const began = afterInjection(group);
  const seen = began?.later.find((event) => event.kind === 'breach' || isCalledByTrigger(event));
  if (!began || !seen) return [];
  return [Math.max(0, (numberOf(seen.data.atMs) ?? seen.atMs) - began.injectedMs)];
}

/** A fault that is undone ends with its undo; one that is not, when the guard's watch over it ended. */
function fullRecoveryOf(group: readonly RunEvent[]): number[] {
  const began = afterInjection(group);
  const recovery = began?.later.find(({ kind }) => kind === 'recovery');
  if (!began || !recovery || recovery.data.kind === 'not-needed') return [];
  if (recovery.data.kind !== 'recovered') return [Infinity];
  const undos = began.later.filter(({ kind }) => kind === 'undo').map(({ atMs }) => atMs);
  const watchedMs = numberOf(began.later.find(({ kind }) => kind === 'judged')?.data.faultMs);
  const endedMs = undos.length > 0 ? Math.max(...undos) : watchedMs === undefined ? undefined : began.lastMs + watchedMs;
  const inMs = numberOf(recovery.data.inMs);
  return [(endedMs === undefined || inMs === undefined ? recovery.atMs : endedMs + inMs) - began.injectedMs];
}

function remediationsOf(events: readonly RunEvent[]): number[] {
  const books = events.filter(({ kind }) => kind === 'runbook');
  return books.flatMap((begun, i) => {
    if (begun.data.outcome !== 'begun') return [];
    const end = books.slice(i + 1).find((event) => keyOf(event) === keyOf(begun) && event.data.name === begun.data.name);
    return [end?.data.outcome === 'stable' ? end.atMs - begun.atMs : Infinity];
  });
}

/** Reads a run and its events; what is not in the record is not guessed. */
export function measuresOf(run: RunRecord, events: readonly RunEvent[]): RunMeasures {
  const result = readResult(run.result);
  const groups = [
    ...groupBy(
      events.filter(({ wave, iteration }) => wave !== undefined && iteration !== undefined),
      keyOf,
    ).values(),
  ];
  const hitIn = (key: string): number => {
    const told = result.victims.filter((victim) => keyOf(victim) === key && victim.injection?.outcome === 'injected').length;
    return told || events.filter((event) => isHit(event) && keyOf(event) === key).length;
  };
  const iterations = iterationsOf(run, events).map((iteration) => ({ ...iteration, hit: hitIn(keyOf(iteration)) }));
  const needed = iterations.flatMap(({ recovery, hit }) => (recovery && recovery.kind !== 'not-needed' ? [{ recovery, hit }] : []));
  const within = new Set(needed.map(({ recovery }) => recovery.withinMs));
  const recoveries = needed.flatMap(({ recovery, hit }) =>
    Array<number>(hit).fill(recovery.kind === 'recovered' ? recovery.inMs : Infinity),
  );
  const returns = needed.flatMap(({ recovery: { returnsInMs }, hit }) =>
    Array.isArray(returnsInMs) ? [...returnsInMs, ...Array<number>(Math.max(0, hit - returnsInMs.length)).fill(Infinity)] : [],
  );
  const victims = new Set([...result.victims.map(keyOf), ...events.filter(isHit).map(keyOf)]);
  const hit = [...victims].reduce((sum, key) => sum + hitIn(key), 0);
  const [only] = within;
  return {
    run,
    verdict: run.verdict ?? 'running',
    victims: hit,
    recoveries,
    returns,
    unmeasured: Math.max(0, hit - recoveries.length),
    ...(within.size === 1 && only !== undefined && { withinMs: only }),
    detections: groups.flatMap(detectionOf),
    remediations: remediationsOf(events),
    fullRecoveries: groups.flatMap(fullRecoveryOf),
    stops: result.stopLatencyMs === undefined ? stopLatencies(events).map(({ latencyMs }) => latencyMs) : [result.stopLatencyMs],
    leftovers: result.leftovers.length,
  };
}
