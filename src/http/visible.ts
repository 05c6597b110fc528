import type { RunPlace } from '../client.ts';
import type { Action, Principal } from '../domain/principal.ts';
import { isRunId } from '../domain/start.ts';
import type { Records, RunRecord } from '../records/ports.ts';
import type { Door } from './door.ts';
import { mustMay } from './guard.ts';
import { HttpError } from './problem.ts';
import type { SignApproval } from './sign-approval.ts';

/** What every route works with. */
export interface Rooms {
  door: Door;
  /** Absent: no database is configured. */
  records?: Records;
  /** Signs approvals. Absent: there is no key, and an approval is a claim. */
  signApproval?: SignApproval;
}

const missingRun = (workflowId: string): string => `there is no run ${workflowId.slice(0, 200)}`;

/** @throws HttpError (503) when there are none */
export function requireRecords({ records }: Pick<Rooms, 'records'>): Records {
  if (!records) throw new HttpError(503, 'this API has no records: set BREAKWATER_DATABASE_URL');
  return records;
}

/** Another's run and none are the same to whoever may not see it. */
function check(principal: Principal, action: Action, workflowId: string, place: RunPlace | undefined): asserts place {
  if (!place) throw new HttpError(404, missingRun(workflowId));
  mustMay(principal, action, { team: place.owner, environment: place.environment }, missingRun(workflowId));
}

/**
 * The recorded run, for whoever may look at it.
 * @throws HttpError (404, 503)
 */
export async function visibleRecord(rooms: Rooms, principal: Principal, workflowId: string, action: Action = 'read'): Promise<RunRecord> {
  const run = isRunId(workflowId) ? await requireRecords(rooms).findRun(workflowId) : undefined;
  check(principal, action, workflowId, run);
  if (!run) throw new HttpError(404, missingRun(workflowId));
  return run;
}

/**
 * Lets a principal act on a run, recorded or not: what stops a run must not depend on the database.
 * @returns whose it is and where
 * @throws HttpError (403, 404)
 */
export async function mustActOn({ door }: Rooms, principal: Principal, workflowId: string, action: Action): Promise<RunPlace> {
  const place = isRunId(workflowId) ? await door.placeOf(workflowId) : undefined;
  check(principal, action, workflowId, place);
  return place;
}

/**
 * A run for whoever may look at it: its record, or undefined while it has none.
 * @throws HttpError (404)
 */
export async function visibleRun(rooms: Rooms, principal: Principal, workflowId: string): Promise<RunRecord | undefined> {
  const run = isRunId(workflowId) ? await rooms.records?.findRun(workflowId) : undefined;
  if (run) check(principal, 'read', workflowId, run);
  else await mustActOn(rooms, principal, workflowId, 'read');
  return run;
}
