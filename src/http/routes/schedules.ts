import * as z from 'zod';
import { factOfScheduleAct } from '../../domain/audit/facts.ts';
import { decide, type Action, type Principal } from '../../domain/principal.ts';
import { Name } from '../../domain/experiment/metadata.ts';
import { parseDocument } from '../../language/experiment.ts';
import type { ScheduleView } from '../../client.ts';
import type { Api } from '../api.ts';
import { SCHEDULE_ACTS } from '../door.ts';
import { mustMay, principalOf } from '../guard.ts';
import { noteInAudit } from '../note-in-audit.ts';
import { cursorAfter, readCursor } from '../paging.ts';
import * as schema from '../schemas.ts';
import type { Rooms } from '../visible.ts';
import { given } from './given.ts';

const DOCUMENT_LIMIT = 524_288;
const MOST = 200;

const AddBody = schema.PlanBody.extend({
  name: Name,
  cron: z.string().min(9).max(100).describe('minute, hour, day of month, month, day of week: "0 10 * * 2"'),
  zone: z.string().min(1).max(100).describe('IANA time zone of the times, such as Europe/Berlin'),
});
const ListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MOST).default(50),
  cursor: z.string().max(2_000).optional().describe('`next` of the page before'),
});
const Params = z.object({ name: Name });
const MISSING = 'there is no such schedule';

/** One that was added before schedules knew their owner is seen only by whoever sees every team. */
const placeOf = ({ owner, environment }: ScheduleView) => ({ team: owner, environment });

/** Chaos windows: runs at set times. */
export function scheduleRoutes(app: Api, rooms: Rooms): void {
  const { door } = rooms;
  /** Before the deed: what is not on the audit log is not done. But nothing that stops something waits for the database. */
  const note = async (act: Parameters<typeof factOfScheduleAct>[0], name: string, by: string): Promise<void> => {
    const fact = factOfScheduleAct(act, name, by, Date.now());
    if (act === 'pause' || act === 'remove') noteInAudit(rooms, fact, app.log);
    else await rooms.records?.appendAudit([fact]);
  };
  const answers = { ...schema.problems, 422: schema.problem('such a schedule cannot be') };
  const one = { 200: schema.ScheduleAnswer, ...answers };
  const tags = ['schedules'];
  /** @throws HttpError (403, 404) */
  const visible = async (principal: Principal, name: string, action: Action): Promise<ScheduleView> => {
    const view = await door.schedule(name);
    mustMay(principal, action, placeOf(view), MISSING);
    return view;
  };

  app.get(
    '/v1/schedules',
    {
      schema: {
        tags,
        summary: 'the schedules that you may see, by name',
        querystring: ListQuery,
        response: { 200: z.object({ schedules: z.array(schema.ScheduleAnswer), next: z.string().optional() }), ...answers },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const principal = principalOf(request);
      const isWanted = (view: ScheduleView): boolean => decide(principal, 'read', placeOf(view)) === 'allowed';
      // A place may be made up: it shows nothing that is not asked for anyway.
      const after = cursor === undefined ? undefined : readCursor(cursor, () => true);
      const { schedules, next } = await door.schedules({ limit, isWanted, ...(after !== undefined && { after }) });
      return { schedules: schedules.map((view) => ({ ...view })), ...(next !== undefined && { next: cursorAfter(next) }) };
    },
  );
  app.post(
    '/v1/schedules',
    {
      bodyLimit: DOCUMENT_LIMIT,
      schema: { tags, summary: 'adds a schedule', body: AddBody, response: { 201: schema.ScheduleAnswer, ...answers } },
    },
    async (request, reply) => {
      const { subject } = principalOf(request);
      const { document, name, cron, zone, ...rest } = request.body;
      const { owner, environment } = parseDocument(document).metadata;
      mustMay(principalOf(request), 'schedule', { team: owner, environment });
      await note('add', name, subject);
      const view = await door.addSchedule({ document, name, cron, zone, ...given(rest), requestedBy: subject });
      request.log.info({ schedule: name, by: subject }, 'schedule added');
      return reply
        .code(201)
        .header('location', `/v1/schedules/${name}`)
        .send({ ...view });
    },
  );
  app.get(
    '/v1/schedules/:name',
    { schema: { tags, summary: 'one schedule with its next and last runs', params: Params, response: one } },
    async (request) => ({
      ...(await visible(principalOf(request), request.params.name, 'read')),
    }),
  );
  app.delete(
    '/v1/schedules/:name',
    {
      schema: {
        tags,
        summary: 'removes a schedule; a run that is under way goes on',
        params: Params,
        response: { 204: z.null(), ...answers },
      },
    },
    async (request, reply) => {
      await visible(principalOf(request), request.params.name, 'schedule');
      await note('remove', request.params.name, principalOf(request).subject);
      await door.removeSchedule(request.params.name);
      request.log.info({ schedule: request.params.name, by: principalOf(request).subject }, 'schedule removed');
      return reply.code(204).send(null);
    },
  );
  for (const act of SCHEDULE_ACTS)
    app.post(
      `/v1/schedules/:name/${act}`,
      {
        schema: {
          tags,
          summary: `${act === 'trigger' ? 'starts one run of' : `${act}s`} a schedule`,
          params: Params,
          body: z.strictObject({}).nullish(),
          response: one,
        },
      },
      async (request) => {
        const { subject } = principalOf(request);
        await visible(principalOf(request), request.params.name, 'schedule');
        await note(act, request.params.name, subject);
        request.log.info({ schedule: request.params.name, by: subject, act }, 'schedule steered');
        return { ...(await door.actOnSchedule(act, request.params.name, subject)) };
      },
    );
}
