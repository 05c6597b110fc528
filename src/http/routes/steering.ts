import type { Action } from '../../domain/principal.ts';
import type { Act, RunState } from '../../client.ts';
import { refusalOf, type Steer } from '../../client/steering.ts';
import { factOfRefusedAct } from '../../domain/audit/facts.ts';
import type { Api } from '../api.ts';
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
 * Acts on a run that is there. What it refuses leaves no trace in Temporal, so it goes into the audit log.
 * @throws HttpError (422) when the run refuses it
 */
async function steerRun(rooms: Rooms, steer: Steer, id: string, act: Act, log: Api['log']): Promise<RunState> {
  try {
    return await rooms.door.steer(steer, id, act);
  } catch (error) {
    const why = whyNotTaken(error);
    if (why === undefined) throw error;
    noteInAudit(rooms, factOfRefusedAct(steer, id, act.by, why, Date.now()), log);
    throw new HttpError(422, why);
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
      const { subject } = principalOf(request);
      const { id } = request.params;
      await mustActOn(rooms, principalOf(request), id, 'approve');
      const act: Act = { ...given(request.body), digest: request.body.digest, by: subject };
      const state = await steerRun(rooms, 'approve', id, act, request.log);
      request.log.info({ run: id, by: subject }, 'approved');
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
