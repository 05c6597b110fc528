import * as z from 'zod';
import { idOfKey, type RunState } from '../../client.ts';
import { decide, readable } from '../../domain/principal.ts';
import { Name } from '../../domain/experiment/metadata.ts';
import { parseDocument } from '../../language/experiment.ts';
import type { Api } from '../api.ts';
import { mustMay, principalOf } from '../guard.ts';
import { cursorAfter, readCursor, wrongCursor } from '../paging.ts';
import { HttpError } from '../problem.ts';
import * as schema from '../schemas.ts';
import { requireRecords, visibleRun, type Rooms } from '../visible.ts';
import { given } from './given.ts';

/** Larger than any experiment that a worker takes. */
const DOCUMENT_LIMIT = 524_288;
const MOST = 200;

const ListQuery = z.strictObject({
  ...schema.Places,
  name: Name.optional().describe('of the experiment'),
  verdict: schema.VerdictName.optional(),
  since: schema.Instant.optional().describe('started at or after'),
  until: schema.Instant.optional().describe('started before'),
  limit: z.coerce.number().int().min(1).max(MOST).default(50),
  cursor: z.string().max(1_000).optional().describe('`next` of the page before'),
});

type Loose<T> = T & Record<string, unknown>;

/** @throws ZodError when the document is no experiment; HttpError (403) */
function placeOfDocument(document: unknown) {
  const { owner, environment } = parseDocument(document).metadata;
  return { team: owner, environment };
}

/** Plans, starts, lists and shows runs. */
export function runRoutes(app: Api, rooms: Rooms): void {
  const { door, records } = rooms;

  app.post(
    '/v1/plan',
    {
      bodyLimit: DOCUMENT_LIMIT,
      schema: {
        tags: ['runs'],
        summary: 'what a run would hit; touches nothing',
        body: schema.PlanBody,
        response: { 200: schema.PlanAnswer, ...schema.problems },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      mustMay(principal, 'plan', placeOfDocument(request.body.document));
      const plan = await door.plan({ ...given(request.body), document: request.body.document, requestedBy: principal.subject });
      return { ...plan };
    },
  );

  app.post(
    '/v1/runs',
    {
      bodyLimit: DOCUMENT_LIMIT,
      schema: {
        tags: ['runs'],
        summary: 'starts a run, once for each Idempotency-Key',
        description: 'The same key with the same body gives the same run; with another body it is refused (409).',
        headers: z.looseObject({ 'idempotency-key': schema.IdempotencyKey }),
        body: schema.StartBody,
        response: {
          200: schema.Started,
          201: schema.Started,
          409: schema.problem('the key was used for something else'),
          ...schema.problems,
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      mustMay(principal, 'start', placeOfDocument(request.body.document));
      const key = request.headers['idempotency-key'];
      await refuseOld(idOfKey(principal.subject, key));
      const options = { ...given(request.body), document: request.body.document, requestedBy: principal.subject, idempotencyKey: key };
      const outcome = await door.startOnce(options);
      if (outcome.kind === 'conflict')
        throw new HttpError(409, `Idempotency-Key: you have used it for another request, run ${outcome.workflowId}; take a new key`);
      const { run } = outcome;
      request.log.info({ run: run.workflowId, by: principal.subject, again: run.alreadyStarted }, 'run started');
      return reply
        .code(run.alreadyStarted ? 200 : 201)
        .header('location', `/v1/runs/${run.workflowId}`)
        .send({ ...run });
    },
  );

  /** Temporal forgets closed runs after a while, and would start the run of an old key again. */
  async function refuseOld(workflowId: string): Promise<void> {
    const recorded = await records?.findRun(workflowId);
    if (recorded && !(await door.placeOf(workflowId)))
      throw new HttpError(409, `Idempotency-Key: it started run ${workflowId}, which is long over; take a new key`);
  }

  app.get(
    '/v1/runs',
    {
      schema: {
        tags: ['runs'],
        summary: 'recorded runs that you may see, newest first',
        querystring: ListQuery,
        response: { 200: z.looseObject({ runs: z.array(schema.RunAnswer), next: z.string().optional() }), ...schema.problems },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const { limit, cursor, since, until, ...same } = request.query;
      const after = cursor === undefined ? undefined : readCursor(cursor);
      const kept = requireRecords(rooms);
      if (after !== undefined) {
        const run = await kept.findRun(after);
        if (!run || decide(principal, 'read', { team: run.owner, environment: run.environment }) !== 'allowed') throw wrongCursor();
      }
      const found = await kept.listHeads({
        ...given({ ...same, sinceMs: since, untilMs: until, cursor: after }),
        limit: limit + 1,
        within: readable(principal),
      });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return { runs: page, ...(found.length > limit && last && { next: cursorAfter(last.workflowId) }) };
    },
  );

  app.get(
    '/v1/runs/:id',
    {
      schema: {
        tags: ['runs'],
        summary: 'one run: its record, and its state while it lives',
        params: schema.RunParams,
        response: {
          200: z.looseObject({ run: schema.RunAnswer.optional(), state: schema.StateAnswer.optional(), unknown: z.string().optional() }),
          ...schema.problems,
        },
      },
    },
    async (request) => {
      const [principal, { id }] = [principalOf(request), request.params];
      const run = await visibleRun(rooms, principal, id);
      const live = run?.closedAtMs === undefined ? await liveState(id) : {};
      return { ...(run && { run: { ...run } }), ...live };
    },
  );

  /** A run whose worker is away is shown all the same; that its state is not known is said. */
  async function liveState(id: string): Promise<{ state?: Loose<RunState>; unknown?: string }> {
    try {
      return { state: { ...(await door.status(id)) } };
    } catch (error) {
      if (error instanceof Error && error.name === 'WorkflowNotFoundError') return { unknown: 'Temporal no longer knows the run' };
      return { unknown: 'the run does not answer now; it is durable and goes on as soon as its worker does' };
    }
  }
}
