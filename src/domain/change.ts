/** What a change request is asked about: who wants to do what, where and when. */
export interface ChangeQuestion {
  ticket: string;
  /** The digest of the plan. */
  digest: string;
  experiment: string;
  environment: string;
  service: string;
  owner: string;
  requestedBy: string;
  /** The wave that is about to begin; absent: the run itself. */
  wave?: string;
  atMs: number;
}

/** When the change may happen, epoch milliseconds: from the first instant to the one before the last. A side that is absent is open. */
export interface ChangeWindow {
  fromMs?: number;
  untilMs?: number;
}

/** What a change system says of a ticket. */
export interface ChangeAnswer {
  /** Whether its state, its approvals and whatever else the system knows allow it; the window is judged apart. */
  approved: boolean;
  /** Why, in words. */
  reason: string;
  /** As the system shows it to people. */
  state: string;
  approvedBy?: string[];
  window?: ChangeWindow;
  /** Whom to ask. */
  contact?: string;
}

/** Whether a ticket allows that a run, or a wave, begins; as it is put on record. */
export interface ChangeDecision {
  allowed: boolean;
  reason: string;
  /** Who was asked, without credentials. */
  system: string;
  atMs: number;
  /** Absent: the experiment names none. */
  ticket?: string;
  state?: string;
  approvedBy?: string[];
  window?: ChangeWindow;
  contact?: string;
}

/** What is written into a ticket: that a run begins, or how it ended. */
export interface TicketNote {
  ticket: string;
  /** `end` has verdict and reason. */
  moment: 'start' | 'end';
  workflowId: string;
  runId: string;
  experiment: string;
  environment: string;
  requestedBy: string;
  digest: string;
  verdict?: string;
  reason?: string;
  leftovers?: string[];
}

/** An hour as people who plan changes read it: `2026-03-11 12:00 UTC`. */
const hour = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** The window in words. */
export function describeChangeWindow({ fromMs, untilMs }: ChangeWindow): string {
  if (fromMs === undefined) return untilMs === undefined ? 'at any time' : `until ${hour(untilMs)}`;
  return untilMs === undefined ? `from ${hour(fromMs)}` : `${hour(fromMs)} to ${hour(untilMs)}`;
}

/** What is wrong with the hour; undefined when the window is open. A window that ends before it begins is never open. */
function outside({ fromMs, untilMs }: ChangeWindow, atMs: number): string | undefined {
  if (fromMs !== undefined && untilMs !== undefined && untilMs <= fromMs) return 'its window ends before it begins';
  if (fromMs !== undefined && atMs < fromMs) return 'its window has not begun';
  if (untilMs !== undefined && atMs >= untilMs) return 'its window is over';
  return undefined;
}

/**
 * Judges what a change system says, at an hour.
 * @param contact whom to ask when the ticket itself names nobody
 */
export function judgeChange(
  { ticket, atMs }: Pick<ChangeQuestion, 'ticket' | 'atMs'>,
  { approved, reason, ...said }: ChangeAnswer,
  system: string,
  contact?: string,
): ChangeDecision {
  const { window, state } = said;
  const late = window && outside(window, atMs);
  const ask = said.contact ?? contact;
  const parts = [
    ...(approved ? [] : [reason]),
    ...(late === undefined ? [] : [late]),
    ...(approved && late === undefined ? ['it allows it'] : []),
    ...(window ? [`window ${describeChangeWindow(window)}`] : []),
    ...(ask === undefined ? [] : [`ask ${ask}`]),
  ];
  return {
    allowed: approved && late === undefined,
    reason: `ticket ${ticket} (${state}): ${parts.join('; ')}`,
    system,
    atMs,
    ticket,
    ...said,
    ...(ask !== undefined && { contact: ask }),
  };
}

/** The name of a note, the same on every attempt: found in the ticket, it is not written again. A run that was reset is another. */
export const markOf = ({ workflowId, runId, moment }: Pick<TicketNote, 'workflowId' | 'runId' | 'moment'>): string =>
  `breakwater:${workflowId}:${runId}:${moment}`;
