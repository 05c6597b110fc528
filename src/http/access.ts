import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError } from './problem.ts';

/** Whether only this machine can reach an address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Without a token only this machine may ask, and by this machine's name: a web page must not reach it through a name of its own. */
function checkHost(request: FastifyRequest): void {
  if (!isLoopback(request.hostname)) throw new HttpError(421, 'this API has no token: it answers to localhost only');
}

function checkToken(request: FastifyRequest, token: string): void {
  const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (given === undefined || !timingSafeEqual(digest(given), digest(token)))
    throw new HttpError(401, 'send the header `Authorization: Bearer TOKEN` with the value of BREAKWATER_API_TOKEN');
}

/** Lets in whoever may act; `/healthz` is open. */
export function guardAccess(app: FastifyInstance, token: string | undefined): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.url !== '/healthz') {
      if (token === undefined) checkHost(request);
      else checkToken(request, token);
    }
    done();
  });
}
