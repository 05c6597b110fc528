import { isCancellation } from '@temporalio/workflow';
import type { GateDecision } from '../activities/control.ts';
import type { TicketNote } from '../domain/change.ts';
import type { RunResult } from '../domain/run.ts';
import type { AdmittedRun, RunContext } from './context.ts';
import { reasonOf } from './failure.ts';
import { noting } from './proxies.ts';

/** What a ticket is told of a long reason, characters, and of many leftovers; the report has all. */
const [MOST_REASON, MOST_LEFT] = [2_000, 20];

/** The rule by which a gate is closed when the ticket does not allow what comes. */
export const CHANGE_CONTROL = 'change-control';

/**
 * A gate as it counts for a run that was asked for its ticket: one that is open, and says nothing of the ticket, is closed. A control worker without
 * the setting may answer any of the gates.
 */
export function withTicket({ change }: Pick<AdmittedRun, 'change'>, decision: GateDecision): GateDecision {
  if (!decision.open || !change || decision.change) return decision;
  const reason =
    'the control worker that answered asks about no ticket, and this run began with one: give every control worker the same BREAKWATER_CHANGE_CONTROL';
  return { ...decision, open: false, rule: CHANGE_CONTROL, reason };
}

/** Writes, and says so in the record. A ticket that could not be written into changes nothing else. */
async function write(
  run: RunContext,
  ticket: string,
  said: Pick<TicketNote, 'moment' | 'verdict' | 'reason' | 'leftovers'>,
): Promise<void> {
  const { chronicle } = run;
  if (!chronicle.run) return;
  const { workflowId, runId, name, environment, requestedBy, planDigest } = chronicle.run;
  const about = { ticket, workflowId, runId, experiment: name, environment, requestedBy, digest: planDigest };
  const place = { ticket, moment: said.moment };
  try {
    const evidence = await noting(`ticket ${ticket}: ${said.moment} of the run`).noteTicket({ ...about, ...said });
    chronicle.add('ticket-noted', { ...place, evidence });
  } catch (cause) {
    if (isCancellation(cause) && said.moment === 'start') throw cause;
    chronicle.add('ticket-not-noted', { ...place, why: reasonOf(cause) });
  }
}

/**
 * Writes into the ticket that the run begins. Where none was asked about nothing is ordered, so it needs no patch: no older history tells of one.
 * @throws CancelledFailure when the run is stopped meanwhile
 */
export async function noteStart(run: AdmittedRun): Promise<void> {
  const ticket = run.change?.ticket;
  if (ticket === undefined) return;
  run.ticket = ticket;
  await write(run, ticket, { moment: 'start' });
}

/** Writes into the ticket how the run ended. After its end is on record, and the ledger has been told: neither waits for somebody else's system. */
export async function noteEnd(run: RunContext, { verdict, reason, leftovers, recordsIncomplete }: RunResult): Promise<void> {
  if (run.ticket === undefined) return;
  await write(run, run.ticket, { moment: 'end', verdict, reason: reason.slice(0, MOST_REASON), leftovers: leftovers.slice(0, MOST_LEFT) });
  if (!recordsIncomplete) await run.chronicle.flush();
}
