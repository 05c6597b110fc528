import { ApplicationFailure, cancellationSignal } from '@temporalio/activity';
import { setTimeout as delay } from 'node:timers/promises';
import { judgeChange, markOf, type ChangeAnswer, type ChangeDecision, type ChangeQuestion, type TicketNote } from '../domain/change.ts';
import type { Plan } from '../domain/plan.ts';
import { fits } from '../policy/match.ts';
import { ChangeSystemError, type ChangeControl, type ChangeSystem, type WrittenNote } from './change-port.ts';
import type { ControlPorts } from './ports.ts';

/** A gate waits for the answer, and the run for the gate. */
const ANSWER_WITHIN_MS = 4_000;
/** A moment's trouble must not deny a change that was approved: it is asked once more, within the same time. */
const ASK_AGAIN_AFTER_MS = 300;
/** Longest reason on record and in a ticket, characters. */
const MOST_REASON = 1_500;

const why = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, MOST_REASON);

async function answerOf(system: ChangeSystem, question: ChangeQuestion, signal: AbortSignal): Promise<ChangeAnswer> {
  try {
    return await system.check(question, signal);
  } catch (error) {
    if (!(error instanceof ChangeSystemError) || !error.retryable || signal.aborted) throw error;
    await delay(ASK_AGAIN_AFTER_MS);
    if (signal.aborted) throw error;
    return system.check(question, signal);
  }
}

/**
 * Asks whether the ticket of a plan allows that it begins now. Whatever is no clear yes is a no.
 * @returns undefined when no ticket is asked for in this environment
 */
export async function decideChange(
  { experiment: { metadata }, digest }: Plan,
  { requestedBy, wave, atMs }: Pick<ChangeQuestion, 'requestedBy' | 'wave' | 'atMs'>,
  changes?: ChangeControl,
): Promise<ChangeDecision | undefined> {
  const { name: experiment, environment, service, owner, ticket } = metadata;
  if (!changes || !fits(environment, changes.environments)) return undefined;
  const { system, tickets, contact } = changes;
  const deny = (reason: string): ChangeDecision => ({
    allowed: false,
    reason: contact === undefined ? reason : `${reason}; ask ${contact}`,
    system: system.name,
    atMs,
    ...(ticket !== undefined && { ticket }),
    ...(contact !== undefined && { contact }),
  });
  const like = tickets.join(' or ');
  if (!ticket) return deny(`environment ${environment} needs the ticket of a change: write \`metadata: { ticket: ${like} }\``);
  if (!fits(ticket, tickets)) return deny(`ticket ${ticket} is none of ${system.name}, whose tickets look like ${like}`);
  const about = { ticket, digest, experiment, environment, service, owner, requestedBy, ...(wave !== undefined && { wave }), atMs };
  try {
    return judgeChange(about, await answerOf(system, about, AbortSignal.timeout(ANSWER_WITHIN_MS)), system.name, contact);
  } catch (error) {
    return deny(`ticket ${ticket} could not be checked, and what cannot be checked is not allowed: ${why(error)}`);
  }
}

/** Addresses of a run, for whoever reads its ticket. */
function linksOf({ links }: ChangeControl, { workflowId, runId }: TicketNote): WrittenNote['links'] {
  const fill = (template: string): string =>
    template.replaceAll('{run}', encodeURIComponent(workflowId)).replaceAll('{execution}', encodeURIComponent(runId));
  return [
    ...(links.report === undefined ? [] : [{ label: 'Report', url: fill(links.report) }]),
    ...(links.temporal === undefined ? [] : [{ label: 'Temporal', url: fill(links.temporal) }]),
  ];
}

function linesOf(note: TicketNote): string[] {
  const { moment, workflowId, experiment, environment, requestedBy, digest, verdict, reason, leftovers = [] } = note;
  if (moment === 'start')
    return [
      `Breakwater began run ${workflowId} of experiment ${experiment} in ${environment}.`,
      `Asked for by ${requestedBy}, plan ${digest}.`,
    ];
  return [
    `Breakwater ended run ${workflowId} of experiment ${experiment} in ${environment}: ${verdict}.`,
    `Reason: ${reason}`.slice(0, MOST_REASON),
    ...(leftovers.length === 0 ? [] : [`LEFT BEHIND, a person must look: ${leftovers.join('; ')}`.slice(0, MOST_REASON)]),
  ];
}

/** Creates the activities that write into tickets, and that tell whether their system answers. */
export const createChangeControl = ({ changes }: Pick<ControlPorts, 'changes'>) => ({
  /**
   * Writes what happened into the ticket; once, as far as the system shows what is there.
   * @returns what was done, in words
   * @throws ApplicationFailure TicketNotNoted; retryable when trying again may help
   */
  async noteTicket(note: TicketNote): Promise<string> {
    const refuse = (message: string, nonRetryable: boolean): ApplicationFailure =>
      ApplicationFailure.create({ message, type: 'TicketNotNoted', nonRetryable });
    if (!changes) throw refuse('this worker has no BREAKWATER_CHANGE_CONTROL', true);
    try {
      const written = { ...note, mark: markOf(note), lines: linesOf(note), links: linksOf(changes, note) };
      return await changes.system.note(written, cancellationSignal());
    } catch (error) {
      cancellationSignal().throwIfAborted();
      throw refuse(why(error), !(error instanceof ChangeSystemError && error.retryable));
    }
  },

  /** Whether the change system answers, for a person who asks. @returns undefined when there is none */
  async reachChangeControl(): Promise<{ system: string; reached: boolean; detail: string } | undefined> {
    if (!changes) return undefined;
    const { system } = changes;
    return system.reach(AbortSignal.timeout(ANSWER_WITHIN_MS)).then(
      (detail) => ({ system: system.name, reached: true, detail }),
      (error: unknown) => ({ system: system.name, reached: false, detail: why(error) }),
    );
  },
});
