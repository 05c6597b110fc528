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
    const awaited = desk.resultOf(payment.id);
    if (awaited) return answer(reply, payment.id, await soon(payment.id, awaited));
    const result = desk.expect(payment.id); // before anything else, so that the same payment posted meanwhile waits with us
    try {
      const isKnown = parsed.data.id !== undefined && (await whereIs(payment.id)) !== 'unknown';
      if (isKnown || !(await queue.put(payment, settings.PAYMENTS_VISIBILITY_TIMEOUT_MS))) desk.forget(payment.id);
      return await answer(reply, payment.id, await soon(payment.id, result));
    } catch (error) {
      desk.ended(payment.id, 'late');
      console.error(`payment ${payment.id} not queued: ${(error as Error).message}`);
      return reply.code(503).send({ id: payment.id, error: 'the payment could not be queued; send it again under the same id' });
    }
  });

  app.get<{ Params: { id: string } }>('/payments/:id', async (request, reply) => {
    const id = z.uuid().safeParse(request.params.id);
    if (!id.success) return reply.code(400).send({ error: `'${request.params.id.slice(0, 60)}' is not a payment's id: expected a UUID` });
    return answer(reply, id.data, await whereIs(id.data));
  });

  /** The result if it comes soon, otherwise where the payment is. */
  const soon = async (id: string, result: Promise<Result>): Promise<Status> => {
    const known = await Promise.race([result, sleep(settings.PAYMENTS_ANSWER_WITHIN_MS, 'late' as const)]);
    return known === 'late' ? whereIs(id) : known;
  };

  return app;
}

const answer = (reply: FastifyReply, id: string, status: Status) => reply.code(CODES[status]).send({ id, status });
