import { fastify, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { BreakwaterClient, HaltOptions } from '../client.ts';
import type { AuditFact } from '../domain/audit/entry.ts';
import { factOfLift } from '../domain/audit/facts.ts';
import { guardAccess } from './access.ts';
import { HaltRequest, LiftQuery, readIncidents } from './incidents.ts';
import { answerProblems } from './problem.ts';
import { noteRefusals } from './refusals.ts';

/** What the API needs. */
export interface ApiOptions {
  client: BreakwaterClient;
  log: FastifyBaseLogger;
  /** Bearer token. Without it only this machine is answered. */
  token?: string;
  /** Appends to the audit log. Without it, what is refused and lifted is in the log of this process alone. */
  appendAudit?: (facts: AuditFact[]) => Promise<void>;
}

/** Alertmanager groups some hundred alerts in a message. */
const BODY_LIMIT = 1_048_576;
const REQUEST_TIMEOUT_MS = 15_000;
/** Longest wait for Temporal. */
const ANSWER_WITHIN_MS = 8_000;
const HEALTHY_WITHIN_MS = 2_000;

/** The HTTP API. Not listening yet. */
export function createApi({ client, log, token, appendAudit }: ApiOptions): FastifyInstance {
  const app: FastifyInstance = fastify({
    loggerInstance: log,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
  });
  answerProblems(app);
  if (appendAudit) noteRefusals(app, appendAudit);
  guardAccess(app, token);
  const inTime = <R>(ask: () => Promise<R>, ms = ANSWER_WITHIN_MS): Promise<R> => client.temporal.withDeadline(Date.now() + ms, ask);
  /** The flag is durable and the runs are told when this returns; they undo in their own time. */
  const halt = async (options: HaltOptions) => {
    const { environment, halt: standing, told } = await inTime(() => client.halt(options, 0));
    log.warn({ environment, ...standing, told }, 'halted');
    return { environment, halt: standing, told };
  };

  app.get('/healthz', async () => {
    await inTime(() => client.temporal.workflowService.getSystemInfo({}), HEALTHY_WITHIN_MS);
    return { status: 'ok' };
  });
  app.get('/v1/halt', () => inTime(() => client.halts()));
  app.post('/v1/halt', async (request, reply) => {
    const { environment, ...said } = HaltRequest.parse(request.body ?? {});
    return reply.code(202).send(await halt({ ...said, ...(environment !== undefined && { environment }) }));
  });
  app.delete('/v1/halt', async (request, reply) => {
    const { environment, by, reason } = LiftQuery.parse(request.query);
    await inTime(() => client.liftHalt(environment, { by, reason }));
    log.warn({ environment, by, reason }, 'halt lifted');
    void appendAudit?.([factOfLift(environment, by, reason, Date.now())]).catch((cause: unknown) => {
      log.error({ environment, by, reason, cause: String(cause) }, 'a lifted halt is missing in the audit log');
    });
    return reply.code(204).send();
  });
  app.post('/v1/incidents', async (request, reply) => {
    const incidents = readIncidents(request.body ?? {});
    const taken = [];
    for (const incident of incidents) taken.push(await halt({ ...incident, kind: 'incident' }));
    return reply.code(202).send({ incidents: taken });
  });
  return app;
}
