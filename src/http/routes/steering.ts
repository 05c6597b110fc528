import type { Action } from '../../domain/principal.ts';
import type { Act, RunState } from '../../client.ts';
import { isOnRecord, refusalOf, type Steer } from '../../client/steering.ts';
import { factOfRefusedAct } from '../../domain/audit/facts.ts';
import type { Api } from '../api.ts';
import { approvalAct, factOfRefusedApproval, type Approving } from '../approve.ts';
import { principalOf } from '../guard.ts';
import { noteInAudit } from '../note-in-audit.ts';
import { HttpError } from '../problem.ts';
import * as schema from '../schemas.ts';
import { mustActOn, type Rooms } from '../visible.ts';
import { given } from './given.ts';

const STEERING: Record<Exclude<Steer, 'approve'>, { action: Action; summary: string }> = {
  reject: { action: 'approve', summary: 'refuses what a run waits for' },
  abort: { action: 'stop', summary: 'ends a run in any phase; what it did is undone' },
  pause: { action: 'pause', summary: 'undoes a live fault and lets nothing new begin' },
  resume: { action: 'pause', summary: 'goes on after a pause' },
};

/** Why a run did not take an act; undefined when it was something else. One that is not there any more was there a moment ago. */
const whyNotTaken = (error: unknown): string | undefined =>
  error instanceof Error && error.name === 'WorkflowNotFoundError' ? 'the run is over' : refusalOf(error);

/**
 * Acts on a run that is there. What it refuses at the door leaves no trace in Temporal, so it goes into the audit log.
 * @throws HttpError (422) when the run refuses it
 */
async function steerRun(rooms: Rooms, steer: Steer, id: string, act: Act, log: Api['log']): Promise<RunState> {
  try {
    return await rooms.door.steer(steer, id, act);
  } catch (error) {
    const why = whyNotTaken(error);
    if (why === undefined) throw error;
    if (!isOnRecord(error)) noteInAudit(rooms, factOfRefusedAct(steer, id, act.by, why, Date.now()), log);
    throw new HttpError(422, why);
  }
}

/** Makes the act of an approval; a refusal goes into the audit log, like one of the run. @throws HttpError */
async function actOfApproval({ door, ...rooms }: Rooms, approving: Approving, log: Api['log']): Promise<Act> {
  const { signApproval } = rooms;
  const isAsked = signApproval !== undefined || approving.body.awaiting !== undefined;
  try {
    return await approvalAct(approving, isAsked ? await door.status(approving.workflowId) : undefined, signApproval);
  } catch (error) {
    const why = error instanceof HttpError ? error.message : whyNotTaken(error);
    if (why === undefined) throw error;
    noteInAudit(rooms, factOfRefusedApproval(approving, why, Date.now()), log);
    throw error instanceof HttpError ? error : new HttpError(422, why);
  }
}

/** Lets people act on a run. Who acts is who is authenticated, whatever the body says. */
export function steeringRoutes(app: Api, rooms: Rooms): void {
  const response = { 200: schema.StateAnswer, 422: schema.problem('the run refuses it'), ...schema.problems };
  const common = { tags: ['steering'], params: schema.RunParams, response };

  app.post(
    '/v1/runs/:id/approve',
    { schema: { ...common, summary: 'approves what a run waits for, bound to the digest that was seen', body: schema.ApproveBody } },
    async (request) => {
      const { params, body, log } = request;
      const principal = principalOf(request);
      const place = await mustActOn(rooms, principal, params.id, body.breakGlass ? 'break-glass' : 'approve');
      const approving: Approving = { principal, workflowId: params.id, place, body };
      const act = await actOfApproval(rooms, approving, log);
      const state = await steerRun(rooms, 'approve', params.id, act, log);
      log.info(
        { run: params.id, by: principal.subject, isSigned: act.signed !== undefined },
        body.breakGlass ? 'glass broken' : 'approved',
      );
      return { ...state };
    },
  );

  for (const steer of Object.keys(STEERING) as (keyof typeof STEERING)[]) {
    const { action, summary } = STEERING[steer];
    app.post(`/v1/runs/:id/${steer}`, { schema: { ...common, summary, body: schema.ActBody } }, async (request) => {
      const { subject } = principalOf(request);
      const { id } = request.params;
      await mustActOn(rooms, principalOf(request), id, action);
      const act: Act = { ...given(request.body ?? {}), by: subject };
      const state = await steerRun(rooms, steer, id, act, request.log);
      request.log.info({ run: id, by: subject, act: steer }, 'run steered');
      return { ...state };
    });
  }
}
