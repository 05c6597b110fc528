import type { ScheduleDescription, ScheduleSummary } from '@temporalio/client';

/** One schedule, as lists and `show` tell it. Times are epoch milliseconds. */
export interface ScheduleView {
  name: string;
  /** Empty when it was made from a file: `times` tells it. */
  cron: string;
  zone: string;
  /** When it starts runs, in words; absent: by `cron`. */
  times?: string;
  experiment: string;
  environment: string;
  /** The team that answers for it; empty on schedules of earlier versions. */
  owner: string;
  requestedBy: string;
  paused: boolean;
  note?: string;
  nextMs: number[];
  recent: { workflowId: string; scheduledMs: number; takenMs: number }[];
}

const SHOWN = 10;

/** A label of a schedule; empty when there is none. */
export function labelOf(memo: Record<string, unknown> | undefined, field: string): string {
  const value = memo?.[field];
  return typeof value === 'string' ? value : '';
}

/** What may change of a schedule from a file is in the memo of its action, which lists do not tell; Temporal never changes the schedule's own. */
export const isFromFile = ({ memo }: Pick<ScheduleSummary | ScheduleDescription, 'memo'>): boolean => memo?.['from'] === 'file';

/** What a person is told of a schedule. */
export function viewOf(
  name: string,
  given: Pick<ScheduleSummary | ScheduleDescription, 'memo' | 'state' | 'info' | 'action'>,
): ScheduleView {
  const { state, info, action } = given;
  const memo = isFromFile(given) && action && 'memo' in action ? action.memo : given.memo;
  const times = labelOf(memo, 'times');
  return {
    name,
    cron: labelOf(memo, 'cron'),
    zone: labelOf(memo, 'zone'),
    ...(times !== '' && { times }),
    experiment: labelOf(memo, 'experiment'),
    environment: labelOf(memo, 'environment'),
    owner: labelOf(memo, 'owner'),
    requestedBy: labelOf(memo, 'requestedBy'),
    paused: state.paused,
    ...(state.note !== undefined && state.note !== '' && { note: state.note }),
    nextMs: info.nextActionTimes.slice(0, SHOWN).map((time) => time.getTime()),
    recent: info.recentActions.slice(-SHOWN).map(({ scheduledAt, takenAt, action }) => ({
      workflowId: action.workflow.workflowId,
      scheduledMs: scheduledAt.getTime(),
      takenMs: takenAt.getTime(),
    })),
  };
}
