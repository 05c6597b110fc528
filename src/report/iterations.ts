import type { Recovery } from '../domain/verdict.ts';
import type { RunEvent } from '../records/ports.ts';
import { faultWindows, stopLatencies } from './fault-windows.ts';
import { duration, quantity } from './format.ts';
import { groupBy } from './group.ts';
import type { RunReport } from './model.ts';
import { readResult, type RecordedResult } from './result.ts';

/** One iteration of a wave, for a table. */
export interface IterationRow {
  wave: string;
  iteration: number;
  dryRun: boolean;
  /** `walked` (dry run), `held`, `stopped`, `not-recovered`, `running` */
  outcome: string;
  /** Its first event, epoch milliseconds. */
  startedAtMs?: number;
  /** How long the fault was live, milliseconds. */
  faultMs?: number;
  victims: number;
  recovery: string;
  /** Breach or abort seen → last undo done, milliseconds. */
  stopLatencyMs?: number;
}

const keyOf = ({ wave, iteration }: { wave?: string; iteration?: number }): string => JSON.stringify([wave, iteration]);

/** Who helped, when anybody did; a record from before help was recorded has no such list. */
const help = ({ helpedBy }: { helpedBy?: string[] }): string => (helpedBy?.length ? `, helped by ${helpedBy.join(', ')}` : '');

/** When each victim was back; older records do not tell. */
const back = ({ returnsInMs }: { returnsInMs?: number[] }): string =>
  Array.isArray(returnsInMs) && returnsInMs.length > 0 ? `, victims back after ${returnsInMs.map((ms) => duration(ms)).join(', ')}` : '';

function describeRecovery(recovery: Recovery | undefined): string {
  if (recovery?.kind === 'recovered') {
    const late = recovery.inMs > recovery.withinMs ? `, promised within ${duration(recovery.withinMs)}` : '';
    return `steady after ${duration(recovery.inMs)}${late}${help(recovery)}${back(recovery)}`;
  }
  if (recovery?.kind === 'not-recovered') {
    const outside = recovery.outside.map(({ probe, worst, tolerance }) => `${probe} ${quantity(worst)}, not ${tolerance}`);
    return `not steady within ${duration(recovery.withinMs)}${help(recovery)}${back(recovery)}${outside.length ? `: ${outside.join('; ')}` : ''}`;
  }
  return recovery?.kind === 'not-needed' ? 'not needed' : 'not recorded';
}

type Outcome = RecordedResult['iterations'][number];

/** Iterations as far as the events of a run without result tell; what they don't tell is `running`. */
function fromEvents(events: readonly RunEvent[]): Outcome[] {
  const groups = groupBy(
    events.filter(({ wave, iteration }) => wave !== undefined && iteration !== undefined),
    keyOf,
  );
  return [...groups.values()].map((group) => {
    const judged = group.findLast(({ kind }) => kind === 'judged')?.data ?? {};
    const outcome = typeof judged.outcome === 'string' ? judged.outcome : 'running';
    return { wave: group[0]?.wave ?? '', iteration: group[0]?.iteration ?? 0, dryRun: judged.dryRun === true, outcome };
  });
}

const defined = <K extends string>(key: K, value: number | undefined): { [P in K]?: number } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: number };

/** All iterations of all waves, in the order in which they ran. */
export function iterationRows({ run, events }: Pick<RunReport, 'run' | 'events'>): IterationRow[] {
  const { iterations, victims } = readResult(run.result);
  const windows = new Map(faultWindows(events).map((window) => [keyOf(window), window]));
  const latencies = new Map(stopLatencies(events).map((latency) => [keyOf(latency), latency.latencyMs]));
  const firstEvents = groupBy(events, keyOf);
  return (iterations.length ? iterations : fromEvents(events)).map(({ wave, iteration, dryRun, outcome, recovery }) => {
    const key = keyOf({ wave, iteration });
    const window = windows.get(key);
    const hit = victims.filter((victim) => keyOf(victim) === key && victim.injection?.outcome === 'injected').length;
    const started = firstEvents.get(key)?.[0]?.atMs;
    const injected = firstEvents.get(key)?.filter(({ kind, data }) => kind === 'injected' && data.outcome !== 'skipped').length ?? 0;
    return {
      ...{ wave, iteration, dryRun, outcome, victims: dryRun ? 0 : victims.length ? hit : injected, recovery: describeRecovery(recovery) },
      ...defined('startedAtMs', started),
      ...defined('faultMs', window?.toMs === undefined ? undefined : window.toMs - window.fromMs),
      ...defined('stopLatencyMs', latencies.get(key)),
    };
  });
}
