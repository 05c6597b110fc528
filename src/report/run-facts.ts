import { stopLatencies } from './fault-windows.ts';
import { duration, utc } from './format.ts';
import type { RunReport } from './model.ts';
import { readResult } from './result.ts';

/** Breach or abort seen → last undo done, milliseconds: as the run measured it, otherwise the longest that the events show. */
export function stopLatencyMs({ run, events }: Pick<RunReport, 'run' | 'events'>): number | undefined {
  const measured = readResult(run.result).stopLatencyMs;
  const seen = stopLatencies(events).map(({ latencyMs }) => latencyMs);
  return measured ?? (seen.length ? Math.max(...seen) : undefined);
}

/** What identifies a run and how it was run, as name and value. */
export function runFacts(report: Pick<RunReport, 'run' | 'events'>): [name: string, value: string][] {
  const { run } = report;
  const { rule, recordsIncomplete } = readResult(run.result);
  const latency = stopLatencyMs(report);
  const facts: [string, string | undefined][] = [
    ['Run', run.workflowId],
    ['Service', `${run.service} in ${run.environment}, site ${run.site}`],
    ['Owner', run.owner],
    ['Ticket', run.ticket],
    ['Requested by', run.requestedBy],
    ['Started', utc(run.startedAtMs)],
    ['Ended', run.closedAtMs === undefined ? 'not yet' : `${utc(run.closedAtMs)}, after ${duration(run.closedAtMs - run.startedAtMs)}`],
    ['Deciding rule', rule],
    ['Breach or abort → undone', latency === undefined ? undefined : duration(latency)],
    ['Time scale', run.timeScale === 1 ? 'real time' : `durations × ${run.timeScale}`],
    ['Seed', String(run.seed)],
    ['Plan digest', run.planDigest],
    ['Records', recordsIncomplete ? 'incomplete: the database did not take everything; the workflow history has it' : undefined],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}
