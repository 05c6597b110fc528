import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { Fleet } from './fleet.ts';
import type { Slot } from './slot.ts';
import { WeaknessChange, Weaknesses } from './weaknesses.ts';

const Scale = z.strictObject({ workers: z.int().min(0).max(32) });
const STARTED_WITHIN_MS = 10_000;

/** `GET /workers`, `POST /scale`, `POST /workers/:name/stop|start`, `GET|POST /weaknesses`. All are safe to repeat. */
export function supervisorDoors(fleet: Fleet): FastifyInstance {
  const app = fastify({ bodyLimit: 16_384, forceCloseConnections: true });
  const viewOf = (name: string) => fleet.view().find((worker) => worker.name === name);

  app.get('/workers', () => fleet.view());

  app.post('/scale', async (request, reply) => {
    const order = Scale.safeParse(request.body);
    if (!order.success) return reply.code(400).send({ error: z.prettifyError(order.error) });
    await fleet.scale(order.data.workers);
    return { workers: fleet.slots().length };
  });

  app.get('/weaknesses', () => fleet.weaknesses());

  app.post('/weaknesses', async (request, reply) => {
    const change = WeaknessChange.safeParse(request.body);
    if (!change.success) return reply.code(400).send({ error: z.prettifyError(change.error) });
    fleet.change(Weaknesses.parse({ ...fleet.weaknesses(), ...change.data }));
    return fleet.weaknesses();
  });

  const onWorker = (verb: string, act: (slot: Slot) => Promise<void>) =>
    app.post<{ Params: { name: string } }>(`/workers/:name/${verb}`, async (request, reply) => {
      const { name } = request.params;
      const slot = fleet.find(name);
      if (!slot) return reply.code(404).send({ error: `there is no worker '${name.slice(0, 60)}': GET /workers lists them` });
      await act(slot);
      return viewOf(name);
    });
  onWorker('stop', (slot) => slot.stop());
  onWorker('start', async (slot) => {
    if (slot.state() === 'stopping') await slot.stop();
    slot.start();
    const deadlineMs = Date.now() + STARTED_WITHIN_MS;
    while (slot.state() === 'starting' && Date.now() < deadlineMs) await sleep(25);
  });

  return app;
}
