import { isCancellation, log } from '@temporalio/workflow';
import { whyBudgetLow, type Remaining } from '../domain/budget.ts';
import type { RunInput, ScheduledBy } from '../domain/run.ts';
import type { AdmittedRun } from './context.ts';
import { reasonOf } from './failure.ts';
import { measuring, renewing, scheduling } from './proxies.ts';
import { shut } from './shut.ts';

/** Longest name of a schedule, characters. */
const MOST_NAME = 63;

/** Whether the schedule that started the run wants it now. Only a run of a schedule file has this step. */
export async function isWanted(run: AdmittedRun, { schedule }: RunInput): Promise<boolean> {
  if (!schedule) return true;
  const { name } = schedule;
  const skipped = await whySkipped(run, schedule);
  if (skipped !== undefined) return shut(run, `schedule-skipped: ${skipped}`, 'schedule', { schedule: name, wanted: false, skipped });
  run.chronicle.add('schedule', { schedule: name, wanted: true });
  return true;
}

/** A place is taken last: what is skipped for another reason leaves it to a later start. */
async function whySkipped(run: AdmittedRun, schedule: ScheduledBy): Promise<string | undefined> {
  const { experiment } = run.plan;
  const decision = await scheduling.judgeStart(schedule, experiment).catch((cause: unknown) => ({ skipped: unasked('its times', cause) }));
  if (decision.skipped !== undefined) return decision.skipped;
  const { budgetBelow, place } = decision;
  const low = budgetBelow === undefined ? undefined : whyBudgetLow(budgetBelow, await budgetsOf(run));
  if (low !== undefined || !place) return low;
  return scheduling.claimStart(place).catch((cause: unknown) => unasked('how many starts there were', cause));
}

const budgetsOf = ({ plan: { experiment } }: AdmittedRun): Promise<Record<string, Remaining>> =>
  measuring(experiment.site)
    .measureBudgets(experiment)
    .catch((cause: unknown) => {
      const unknown = unasked('it', cause);
      return Object.fromEntries(Object.keys(experiment.slo).map((slo) => [slo, { unknown }]));
    });

/** @throws when the run is to end: an abort is no answer */
function unasked(what: string, cause: unknown): string {
  if (isCancellation(cause)) throw cause;
  return `${what} could not be asked for: ${reasonOf(cause)}`;
}

/**
 * Lays down the next starts of the schedule that started the run, whatever comes of the run itself: a schedule whose runs are denied for months must
 * not run dry. That the schedule goes on does not decide about this run.
 * @param input as it came, and that may be anything
 */
export async function layDownNext(input: unknown): Promise<void> {
  const name = scheduleNameIn(input);
  if (name === undefined) return;
  await renewing.renewSchedule(name).catch((cause: unknown) => {
    if (isCancellation(cause)) throw cause;
    log.warn('the next starts of the schedule could not be laid down; the next run tries again', {
      schedule: name,
      cause: reasonOf(cause),
    });
  });
}

function scheduleNameIn(input: unknown): string | undefined {
  const { schedule } = (input ?? {}) as { schedule?: unknown };
  const { name } = (schedule ?? {}) as { name?: unknown };
  return typeof name === 'string' && name !== '' && name.length <= MOST_NAME ? name : undefined;
}
