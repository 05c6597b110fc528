import type { FastifyInstance, FastifyRequest } from 'fastify';
import { decide, type Action, type Place, type Principal } from '../domain/principal.ts';
import { HttpError } from './problem.ts';
import type { Identify } from './identity/identify.ts';

const PRINCIPAL = 'principal';

/** The one route that is open: whoever asks learns whether Breakwater is well, and no more. */
export const HEALTH = '/healthz';

/** Turns every request into a principal before anything of it is read, or answers 401. */
export function guardAccess(app: FastifyInstance, identify: Identify): void {
  app.decorateRequest(PRINCIPAL, null);
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.url === HEALTH) return;
    const principal = await identify(request);
    request.setDecorator<Principal>(PRINCIPAL, principal);
    request.log = reply.log = request.log.child({ subject: principal.subject });
  });
}

/** The name of whoever asks; undefined before that is known, and of whoever is not let in. */
export const subjectOf = (request: FastifyRequest): string | undefined => request.getDecorator<Principal | null>(PRINCIPAL)?.subject;

/** Who asks. */
export function principalOf(request: FastifyRequest): Principal {
  const principal = request.getDecorator<Principal | null>(PRINCIPAL);
  if (!principal) throw new HttpError(401, 'nobody is known to have asked');
  return principal;
}

const WORDS: Record<Action, string> = {
  read: 'look at',
  plan: 'plan experiments in',
  start: 'start runs in',
  pause: 'pause or resume runs in',
  stop: 'stop',
  approve: 'approve or reject in',
  'break-glass': 'break glass in',
  schedule: 'change schedules in',
  clear: 'clear leftovers in',
  lift: 'lift a halt of',
  audit: 'read the audit log of',
};

const describe = ({ team, environment }: Place): string =>
  `${team === undefined ? 'every team' : `team '${team}'`} in ${environment === undefined ? 'every environment' : `'${environment}'`}`;

/**
 * Lets a principal do something to something, or says why not.
 * @param missing what is said when the principal must not learn that it exists, the same as when it does not
 * @throws HttpError (403, 404)
 */
export function mustMay(principal: Principal, action: Action, place: Place, missing?: string): void {
  const access = decide(principal, action, place);
  if (access === 'allowed') return;
  if (access === 'hidden' && missing !== undefined) throw new HttpError(404, missing);
  const remedy =
    principal.subject === 'localhost' ? '; nobody is authenticated here: set BREAKWATER_ACCESS or BREAKWATER_API_TOKEN (docs/api.md)' : '';
  throw new HttpError(403, `${principal.subject} may not ${WORDS[action]} ${describe(place)}${remedy}`);
}
