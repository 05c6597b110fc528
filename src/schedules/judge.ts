import type { Experiment } from '../domain/experiment/experiment.ts';
import type { StartDecision, StartPlace } from '../domain/scheduled.ts';
import { nextSpan, spanAt } from '../policy/times/span.ts';
import { periodOf } from './plan.ts';
import type { ReadySchedule } from './ready.ts';
import { dayAt } from './starts.ts';

const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');

/** Whether a run may begin now by the times of its schedule; and what else the schedule asks for. */
export function judgeStart(schedule: ReadySchedule, { metadata }: Experiment, taskQueue: string, nowMs: number): StartDecision {
  const { terms, windows, blackouts, zone } = schedule;
  if (!spanAt(windows, nowMs)) {
    const next = nextSpan(windows, nowMs);
    return { skipped: next ? `outside of its windows: the next one begins at ${iso(next.fromMs)}` : 'outside of its windows' };
  }
  const blackout = spanAt(blackouts, nowMs);
  if (blackout) return { skipped: `blackout: ${blackout.name}, until ${iso(blackout.untilMs)}` };
  const { atMost, skip } = terms;
  const scopes = {
    schedule: `schedule:${taskQueue}/${terms.metadata.name}`,
    service: `service:${taskQueue}/${metadata.environment}/${metadata.service}`,
  };
  const place: StartPlace | undefined = atMost && {
    ...{ scope: scopes[atMost.of], period: periodOf(dayAt(nowMs, zone), atMost.per) },
    ...{ runs: atMost.runs, per: atMost.per },
  };
  return { ...(skip.budgetBelow !== undefined && { budgetBelow: skip.budgetBelow }), ...(place && { place }) };
}
