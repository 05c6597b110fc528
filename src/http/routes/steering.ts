import type { Action } from '../../domain/principal.ts';
import type { Act } from '../../client.ts';
import type { Api } from '../api.ts';
import type { Steer } from '../door.ts';
import { principalOf } from '../guard.ts';
import * as schema from '../schemas.ts';
import { mustActOn, type Rooms } from '../visible.ts';
import { given } from './given.ts';

const STEERING: Record<Exclude<Steer, 'approve'>, { action: Action; summary: string }> = {
  reject: { action: 'approve', summary: 'refuses what a run waits for' },
  abort: { action: 'stop', summary: 'ends a run in any phase; what it did is undone' },
  pause: { action: 'pause', summary: 'undoes a live fault and lets nothing new begin' },
  resume: { action: 'pause', summary: 'goes on after a pause' },
};

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
      const state = await rooms.door.steer('approve', id, { ...given(request.body), digest: request.body.digest, by: subject });
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
      const state = await rooms.door.steer(steer, id, act);
      request.log.info({ run: id, by: subject, act: steer }, 'run steered');
      return { ...state };
    });
  }
}
