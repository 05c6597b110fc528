import { randomUUID } from 'node:crypto';
import swagger from '@fastify/swagger';
import { fastify, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { jsonSchemaTransform, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { guardAccess } from './guard.ts';
import { createIdentify, type IdentitySources } from './identity/identify.ts';
import { createLiveIdentify, type LiveAccess } from './identity/live-access.ts';
import { LIMITS, limitAddresses, limitPrincipals, type Limits } from './limits.ts';
import { createMetrics } from './metrics.ts';
import { answerNotFound } from './not-found.ts';
import { completeOpenApi, openApi } from './open-api.ts';
import { answerProblems, problemOf, sendProblem } from './problem.ts';
import { noteRefusals } from './refusals.ts';
import type { PolicyRoom } from './policy-room.ts';
import { auditRoutes } from './routes/audit.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { eventRoutes } from './routes/events.ts';
import { haltRoutes } from './routes/halts.ts';
import { learningRoutes } from './routes/learning.ts';
import { policyRoutes } from './routes/policies.ts';
import { runRoutes } from './routes/runs.ts';
import { scheduleCalendarRoutes } from './routes/schedule-calendar.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { serviceRoutes } from './routes/service.ts';
import { steeringRoutes } from './routes/steering.ts';
import type { Rooms } from './visible.ts';
import { noteWatchersSignal, Watchers } from './watchers.ts';

/** What the API needs. Without a token and an access file only this machine is answered. */
export interface ApiOptions extends Rooms, IdentitySources {
  log: FastifyBaseLogger;
  limits?: Partial<Limits>;
  /** The access file as it is at each request; in place of `access`. */
  live?: LiveAccess;
  /** Default: the guardrails alone. */
  policy?: PolicyRoom;
}

/** Alertmanager groups some hundred alerts in a message. */
const BODY_LIMIT = 1_048_576;
/** Longer than any id of a run. */
const MAX_PARAM = 300;
/** How often it is looked whether a request takes too long to arrive. */
const LOOK_FOR_SLOW_MS = 1_000;

const SLOW = new Set(['ERR_HTTP_REQUEST_TIMEOUT', 'FST_ERR_CLIENT_TIMEOUT']);

/** What is not even a request: too slow, too large a head, no HTTP. */
function answerNoRequest(error: NodeJS.ErrnoException, socket: { writable: boolean; end(text: string): void; destroy(): void }): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, phrase, detail] = SLOW.has(error.code ?? '')
    ? ([408, 'Request Timeout', 'the request did not arrive in time'] as const)
    : error.code === 'HPE_HEADER_OVERFLOW'
      ? ([431, 'Request Header Fields Too Large', 'the headers are too large'] as const)
      : ([400, 'Bad Request', 'this is no HTTP request'] as const);
  const body = JSON.stringify(problemOf(status, detail));
  const head = ['content-type: application/problem+json', `content-length: ${Buffer.byteLength(body)}`, 'connection: close'];
  socket.end(`HTTP/1.1 ${status} ${phrase}\r\n${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Every answer: no guessing of its type, nothing kept by whoever is between, and an id to ask us by. */
function markAnswers(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply) => {
    reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    return Promise.resolve();
  });
}

/** The HTTP API. Not listening yet. */
export function createApi({ door, records, signApproval, log, limits: given, policy = {}, live, ...sources }: ApiOptions): FastifyInstance {
  const limits = { ...LIMITS, ...given };
  const watchers = new Watchers(limits.watchers, limits.watchersPerPrincipal);
  const app: FastifyInstance = fastify({
    loggerInstance: log,
    bodyLimit: BODY_LIMIT,
    requestTimeout: limits.requestWithinMs,
    // Of the two times Node takes the larger for the body, whichever it is.
    http: { headersTimeout: limits.requestWithinMs, requestTimeout: limits.requestWithinMs, connectionsCheckingInterval: LOOK_FOR_SLOW_MS },
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: MAX_PARAM },
    clientErrorHandler: answerNoRequest,
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, error.statusCode ?? 400, 'this address cannot be read'),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => JSON.stringify); // the schemas of answers describe; they neither change nor refuse what is true
  app.removeContentTypeParser('text/plain'); // a web page may send that anywhere without asking
  answerProblems(app);
  answerNotFound(app);
  markAnswers(app);
  const registry = createMetrics(app, watchers, live);
  limitAddresses(app, limits);
  if (records) noteRefusals(app, (facts) => records.appendAudit(facts));
  noteWatchersSignal(app, watchers);
  guardAccess(app, live ? createLiveIdentify(sources, live) : createIdentify(sources));
  live?.onChange(() => watchers.endAll()); // a key that was revoked must not go on watching
  limitPrincipals(app, limits);
  app.addHook('preClose', (done) => {
    watchers.close();
    done();
  });
  app.register(swagger, { openapi: openApi, transform: jsonSchemaTransform, transformObject: completeOpenApi });
  app.register(async (within) => {
    const api = within.withTypeProvider<ZodTypeProvider>();
    const rooms: Rooms = { door, ...(records && { records }), ...(signApproval && { signApproval }) };
    runRoutes(api, rooms);
    eventRoutes(api, rooms, watchers);
    steeringRoutes(api, rooms);
    haltRoutes(api, rooms);
    scheduleRoutes(api, rooms);
    scheduleCalendarRoutes(api, rooms);
    learningRoutes(api, rooms);
    policyRoutes(api, policy);
    auditRoutes(api, rooms);
    catalogueRoutes(api, rooms);
    serviceRoutes(api, rooms, registry, live);
    return Promise.resolve();
  });
  return app;
}
