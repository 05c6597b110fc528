import * as z from 'zod';
import type { CalendarEntry } from '../../client.ts';
import { decide, type Principal } from '../../domain/principal.ts';
import type { Api } from '../api.ts';
import { principalOf } from '../guard.ts';
import * as schema from '../schemas.ts';
import type { Rooms } from '../visible.ts';

const DAY_MS = 86_400_000;
const MOST_DAYS = 366;

const Query = z.strictObject({
  days: z.coerce.number().int().min(1).max(MOST_DAYS).default(30).describe('how far ahead'),
});
const Entry = z.looseObject({
  schedule: z.string(),
  experiment: z.string(),
  environment: z.string(),
  atMs: z.number(),
  paused: z.boolean(),
  skipped: z.string().optional(),
});

/** All starts of the schedules that the caller may see: as data, and as a feed for calendars. */
export function scheduleCalendarRoutes(app: Api, { door }: Rooms): void {
  const visible = async (principal: Principal, days: number): Promise<CalendarEntry[]> => {
    const nowMs = Date.now();
    const entries = await door.calendar({ fromMs: nowMs, untilMs: nowMs + days * DAY_MS });
    return entries.filter(({ owner, environment }) => decide(principal, 'read', { team: owner, environment }) === 'allowed');
  };
  const about = { tags: ['schedules'], querystring: Query };

  app.get(
    '/v1/schedules/calendar',
    {
      schema: {
        ...about,
        summary: 'every start of the schedules that you may see, and why some are skipped',
        response: { 200: z.object({ entries: z.array(Entry) }), ...schema.problems },
      },
    },
    async (request) => ({
      entries: (await visible(principalOf(request), request.query.days)).map((entry) => ({ ...entry })),
    }),
  );
  app.get(
    '/v1/schedules/calendar.ics',
    {
      schema: {
        ...about,
        summary: 'the same as an iCalendar feed, without what is skipped or paused',
        response: { 200: { description: 'RFC 5545', content: { 'text/calendar': { schema: z.string() } } }, ...schema.problems },
      },
    },
    async (request, reply) => {
      const { writeCalendar } = await import('../../schedules/ics.ts');
      const entries = await visible(principalOf(request), request.query.days);
      return reply.type('text/calendar; charset=utf-8').send(writeCalendar(entries, Date.now()));
    },
  );
}
