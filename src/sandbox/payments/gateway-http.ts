import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type pg from 'pg';
import * as z from 'zod';
import type { Desk, Result } from './desk.ts';
import { PaymentRequest, type Payment, type Status } from './payment.ts';
import type { PaymentQueue } from './queue.ts';
import { statusOf } from './storage.ts';
import type { GatewaySettings } from './settings.ts';

/** What the gateway's doors lead to. */
export interface GatewayParts {
  settings: GatewaySettings;
  pool: pg.Pool;
  queue: PaymentQueue;
  desk: Desk;
}

const CODES: Record<Status, number> = { completed: 200, rejected: 422, queued: 202, processing: 202, lost: 202, unknown: 404 };

/**
 * `POST /payments` and `GET /payments/:id`: 200 completed, 202 not ended yet, 400 not a payment, 422 rejected, 503 not queued.
 * A payment posted again under its id is not a second one.
 */
export function gatewayDoors({ settings, pool, queue, desk }: GatewayParts): FastifyInstance {
  const app = fastify({ bodyLimit: 16_384, forceCloseConnections: true });
  const whereIs = (id: string) => statusOf(pool, settings.PAYMENTS_SCHEMA, queue, id);

  app.post('/payments', async (request, reply) => {
    const parsed = PaymentRequest.safeParse(request.body);
    if (!parsed.success) return reply.code(400).send({ error: z.prettifyError(parsed.error) });
    const payment: Payment = { ...parsed.data, id: parsed.data.id ?? randomUUID() };
    const waiting = desk.resultOf(payment.id);
    if (waiting) return answer(reply, payment.id, await orSoon(waiting));
    const known = parsed.data.id === undefined ? 'unknown' : await whereIs(payment.id);
    if (known !== 'unknown') return answer(reply, payment.id, known);
    const result = desk.expect(payment.id);
    try {
      const isNew = await queue.put(payment, settings.PAYMENTS_VISIBILITY_TIMEOUT_MS);
      if (!isNew) desk.forget(payment.id);
    } catch (error) {
      desk.ended(payment.id, 'late');
      request.log.error(error);
      return reply.code(503).send({ id: payment.id, error: 'the payment could not be queued; send it again under the same id' });
    }
    return answer(reply, payment.id, await orSoon(result));
  });

  app.get<{ Params: { id: string } }>('/payments/:id', async (request, reply) => {
    const id = z.uuid().safeParse(request.params.id);
    if (!id.success) return reply.code(400).send({ error: `'${request.params.id.slice(0, 60)}' is not a payment's id: expected a UUID` });
    return answer(reply, id.data, await whereIs(id.data));
  });

  const orSoon = (result: Promise<Result>): Promise<Status> =>
    Promise.race([result, sleep(settings.PAYMENTS_ANSWER_WITHIN_MS, 'late' as const)]).then((known) =>
      known === 'late' ? 'queued' : known,
    );

  return app;
}

const answer = (reply: FastifyReply, id: string, status: Status) => reply.code(CODES[status]).send({ id, status });
