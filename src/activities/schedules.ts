import { activityInfo, getClient } from '@temporalio/activity';
import type { Experiment } from '../domain/experiment/experiment.ts';
import { whyNoPlace, type StartDecision, type StartPlace } from '../domain/scheduled.ts';
import type { ScheduledBy } from '../domain/run.ts';
import type { ControlPorts } from './ports.ts';

/** Calendars and holidays take some 40 MB: they are loaded when a schedule asks for them. */
const rooms = async () => ({
  ...(await import('../schedules/judge.ts')),
  ...(await import('../schedules/kept.ts')),
  ...(await import('../schedules/renew.ts')),
});

/** Creates the activities by which a run asks the schedule that started it. */
export const createSchedules = ({ records, nowMs }: Pick<ControlPorts, 'records' | 'nowMs'>) => ({
  /** Windows and blackouts, looked at afresh. What cannot be told skips. */
  async judgeStart(schedule: ScheduledBy, experiment: Experiment): Promise<StartDecision> {
    const { judgeStart, readyOf } = await rooms();
    try {
      return judgeStart(readyOf(schedule), experiment, activityInfo().taskQueue, nowMs());
    } catch (error) {
      return { skipped: `its times cannot be told: ${(error instanceof Error ? error.message : String(error)).slice(0, 1_000)}` };
    }
  },

  /** Takes a place among the starts of a period. Safe to repeat. @returns why there is none. @throws RecordsError when the records do not answer */
  async claimStart(place: StartPlace): Promise<string | undefined> {
    const { scope, period, runs } = place;
    const { workflowId } = activityInfo().workflowExecution ?? { workflowId: '' };
    const { isGranted, holders } = await records.claimStart({ scope, period, runs, workflowId });
    return isGranted ? undefined : whyNoPlace(place, holders);
  },

  /** Lays down what the schedule starts next, before it runs out. @returns whether there was something to lay down */
  async renewSchedule(name: string): Promise<boolean> {
    const { renew, scheduleId } = await rooms();
    return renew(getClient(), scheduleId(activityInfo().taskQueue, name), nowMs());
  },
});
