/** What a run knows of its own start, by the server's clock. */
export interface StartFacts {
  workflowId: string;
  /** When its first workflow task ran: a start that waited for a worker, and a reset, are as old as they are. Epoch milliseconds. */
  beganMs: number;
  /** The nominal time of a schedule's start, epoch milliseconds. */
  scheduledMs?: number;
}

/** Who a run was meant to be, and when it was asked for (epoch milliseconds). Set by the client; copied by "start like this one". */
export interface Issue {
  workflowId: string;
  atMs: number;
}

/** How late a scheduled start may be, milliseconds. */
export const SCHEDULE_TOLERANCE_MS = 600_000;
/** How old a request may be when its run begins, and how far in the future by a wrong clock, milliseconds. */
export const ISSUE_HOLDS_MS = 86_400_000;

const ADDRESSABLE = /^[A-Za-z0-9._:-]{1,200}$/;
const RULE = 'letters, digits and . _ - :, 200 at most';

/** Whether a workflow id can be a run's: it goes into orders, URLs and commands. */
export const isRunId = (workflowId: string): boolean => ADDRESSABLE.test(workflowId);

const minutes = (ms: number): string => `${Math.round(ms / 60_000)} min`;

/** Why a run must not begin for the way in which it was started; undefined when it may. Every other check comes in any case. */
export function whyNotFresh({ workflowId, beganMs, scheduledMs }: StartFacts, issued?: Issue): string | undefined {
  if (!isRunId(workflowId)) return `the workflow id is no id of a run (${RULE}): start it anew under another`;
  if (scheduledMs !== undefined && Math.abs(beganMs - scheduledMs) > SCHEDULE_TOLERANCE_MS)
    return `a backfilled or late start is not fresh: its time was ${new Date(scheduledMs).toISOString()}, ${minutes(beganMs - scheduledMs)} ago; at most ${minutes(SCHEDULE_TOLERANCE_MS)} are allowed`;
  if (!issued) return undefined;
  if (issued.workflowId !== workflowId)
    return `it was asked for as run ${issued.workflowId}, and this is ${workflowId}: a copy of a run is not asked for by anybody; plan and start it anew`;
  if (Math.abs(beganMs - issued.atMs) > ISSUE_HOLDS_MS)
    return `it was asked for ${minutes(beganMs - issued.atMs)} ago, more than ${minutes(ISSUE_HOLDS_MS)}: plan and start it anew`;
  return undefined;
}
