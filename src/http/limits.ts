import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HEALTH, principalOf } from './guard.ts';
import { HttpError } from './problem.ts';

/** What is taken of one caller. */
export interface Limits {
  /** Requests a minute of one address, before it is known who asks; a proxy is one address. */
  perAddress: number;
  /** Requests a minute of one principal. */
  perPrincipal: number;
  /** Longest time for a whole request to arrive, milliseconds. */
  requestWithinMs: number;
  /** Streams of events at once, in all and of one principal. */
  watchers: number;
  watchersPerPrincipal: number;
}

export const LIMITS: Limits = {
  perAddress: 6_000,
  perPrincipal: 600,
  requestWithinMs: 15_000,
  watchers: 200,
  watchersPerPrincipal: 20,
};

/** What stops something is never too much; health is asked by machines that restart us when they get no answer. */
const UNLIMITED = new Set([HEALTH, '/v1/halt', '/v1/incidents', '/v1/runs/:id/abort']);
const WINDOW_MS = 60_000;

type Asked = (request: FastifyRequest) => Promise<{ isAllowed: boolean; isExceeded?: boolean; ttlInSeconds?: number }>;

async function check(ask: Asked, request: FastifyRequest): Promise<void> {
  const url = request.routeOptions.url ?? '';
  if (UNLIMITED.has(url) && (request.method !== 'GET' || url === HEALTH)) return;
  const { isExceeded, ttlInSeconds = 60 } = await ask(request);
  if (isExceeded) throw new HttpError(429, `more requests than are taken in a minute; try again in ${ttlInSeconds} s`);
}

/** Bounds how often an address, known or not, may ask. Call it before the guard is set. */
export function limitAddresses(app: FastifyInstance, { perAddress }: Limits): void {
  app.register(rateLimit, { global: false, max: perAddress, timeWindow: WINDOW_MS });
  let ask: Asked | undefined;
  app.addHook('onRequest', async (request) => {
    ask ??= app.createRateLimit({ max: perAddress, timeWindow: WINDOW_MS, keyGenerator: ({ socket }) => socket.remoteAddress ?? '' });
    await check(ask, request);
  });
}

/** Bounds how often a principal may ask. */
export function limitPrincipals(app: FastifyInstance, { perPrincipal }: Limits): void {
  let ask: Asked | undefined;
  app.addHook('preValidation', async (request) => {
    if (request.routeOptions.url === undefined) return;
    ask ??= app.createRateLimit({ max: perPrincipal, timeWindow: WINDOW_MS, keyGenerator: (asking) => principalOf(asking).subject });
    await check(ask, request);
  });
}
