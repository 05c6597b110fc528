import * as z from 'zod';
import { factOfLift } from '../../domain/audit/facts.ts';
import { EVERYWHERE } from '../../domain/ledger/names.ts';
import { knowsEnvironment, readable, type Principal } from '../../domain/principal.ts';
import type { HaltOptions } from '../../client.ts';
import type { Api } from '../api.ts';
import { mustMay, principalOf } from '../guard.ts';
import { HaltRequest, LiftQuery, readIncidents } from '../incidents.ts';
import { noteInAudit } from '../note-in-audit.ts';
import { HttpError } from '../problem.ts';
import * as schema from '../schemas.ts';
import type { Rooms } from '../visible.ts';
import { given } from './given.ts';

/** Who acts: the authenticated subject. Only where nobody has a name, what a caller calls itself is taken, as a claim. @throws HttpError (400) */
function actorOf({ kind, subject }: Principal, claimed: string | undefined): string {
  if (kind !== 'unidentified') {
    if (claimed !== undefined) throw new HttpError(400, `by: leave it out; you are ${subject}`);
    return subject;
  }
  if (claimed === undefined) throw new HttpError(400, 'by: who is acting?');
  return claimed;
}

/** Halts, incidents, and what lifts them. They concern every team of an environment. */
export function haltRoutes(app: Api, rooms: Rooms): void {
  const { door } = rooms;
  /** The flag is durable and the runs are told when this returns; they undo in their own time. */
  const halt = async (log: Api['log'], options: HaltOptions) => {
    const { environment, halt: standing, told } = await door.halt(options);
    log.warn({ environment, ...standing, told }, 'halted');
    return { environment, halt: { ...standing }, told };
  };

  app.get(
    '/v1/halt',
    {
      schema: {
        tags: ['halt'],
        summary: 'the halts that stand, by environment',
        response: { 200: z.record(z.string(), z.unknown()), ...schema.problems },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      if (readable(principal).length === 0) throw new HttpError(403, `${principal.subject} may not look at anything here`);
      const standing = Object.entries(await door.halts());
      return Object.fromEntries(standing.filter(([name]) => name === EVERYWHERE || knowsEnvironment(principal, name)));
    },
  );

  app.post(
    '/v1/halt',
    {
      schema: {
        tags: ['halt'],
        summary: 'stops every live run of an environment, or of all, and refuses new ones until it is lifted',
        body: HaltRequest,
        response: { 202: schema.HaltAnswer, ...schema.problems },
      },
    },
    async (request, reply) => {
      const { environment, by, kind, reason } = request.body;
      mustMay(principalOf(request), 'stop', given({ environment }));
      const options = { ...given({ environment }), kind, reason, by: actorOf(principalOf(request), by) };
      return reply.code(202).send(await halt(request.log, options));
    },
  );

  app.delete(
    '/v1/halt',
    {
      schema: {
        tags: ['halt'],
        summary: 'lets new runs start again',
        querystring: LiftQuery,
        response: { 204: z.null(), ...schema.problems },
      },
    },
    async (request, reply) => {
      const { environment, reason } = request.query;
      mustMay(principalOf(request), 'lift', given({ environment }));
      const by = actorOf(principalOf(request), request.query.by);
      await door.liftHalt(environment, { by, reason });
      request.log.warn({ environment, by, reason }, 'halt lifted');
      noteInAudit(rooms, factOfLift(environment, by, reason, Date.now()), request.log);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/v1/incidents',
    {
      schema: {
        tags: ['halt'],
        summary: "Alertmanager's webhook (version 4), or one incident in our own words",
        body: z.unknown().describe('a webhook of Alertmanager, or { environment, reason }'),
        response: { 202: z.looseObject({ incidents: z.array(schema.HaltAnswer) }), ...schema.problems },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const incidents = readIncidents(request.body ?? {});
      for (const { environment } of incidents) mustMay(principal, 'stop', { environment });
      const taken = [];
      for (const { by, ...incident } of incidents)
        taken.push(
          await halt(request.log, { ...incident, kind: 'incident', by: principal.kind === 'unidentified' ? by : principal.subject }),
        );
      return reply.code(202).send({ incidents: taken });
    },
  );
}
