import * as z from 'zod';
import { decide, type Principal } from '../../domain/principal.ts';
import type { Api } from '../api.ts';
import { principalOf } from '../guard.ts';
import { sendProblem } from '../problem.ts';
import * as schema from '../schemas.ts';
import { createCalendars, type Calendar } from '../shared-calendar.ts';
import type { Rooms } from '../visible.ts';

const MOST_DAYS = 366;
const CALENDAR = '/v1/schedules/calendar';
const FEED = '/v1/schedules/calendar.ics';

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

const Unreadable = z
  .object({ schedule: z.string(), why: z.string() })
  .describe('a schedule whose starts cannot be told: none of its entries are here');

/** All starts of the schedules that the caller may see: as data, and as a feed for calendars. */
export function scheduleCalendarRoutes(app: Api, { door }: Rooms): void {
  const calendarOf = createCalendars(door, (unreadable) => app.log.warn(unreadable, 'a schedule cannot be read, and no calendar shows it'));
  const visible = async (principal: Principal, days: number): Promise<Calendar> => {
    const { entries, unreadable } = await calendarOf(days);
    const isVisible = ({ owner, environment }: { owner: string; environment: string }): boolean =>
      decide(principal, 'read', { team: owner, environment }) === 'allowed';
    return { entries: entries.filter(isVisible), unreadable: unreadable.filter(isVisible) };
  };
  const about = { tags: ['schedules'], querystring: Query };

  // Beside them stands `DELETE /v1/schedules/:name`, which would take the calendar for a schedule.
  for (const url of [CALENDAR, FEED])
    app.delete(url, { schema: { hide: true } }, (_request, reply) =>
      sendProblem(reply.header('allow', 'GET'), 405, `there is no DELETE ${url}; it takes GET`),
    );
  app.get(
    CALENDAR,
    {
      schema: {
        ...about,
        summary: 'every start of the schedules that you may see, and why some are skipped',
        response: { 200: z.object({ entries: z.array(Entry), unreadable: z.array(Unreadable) }), ...schema.problems },
      },
    },
    async (request) => {
      const { entries, unreadable } = await visible(principalOf(request), request.query.days);
      return { entries: entries.map((entry) => ({ ...entry })), unreadable: unreadable.map(({ schedule, why }) => ({ schedule, why })) };
    },
  );
  app.get(
    FEED,
    {
      schema: {
        ...about,
        summary: 'the same as an iCalendar feed, without what is skipped or paused',
        response: { 200: { description: 'RFC 5545', content: { 'text/calendar': { schema: z.string() } } }, ...schema.problems },
      },
    },
    async (request, reply) => {
      const { writeCalendar } = await import('../../schedules/ics.ts');
      const { entries } = await visible(principalOf(request), request.query.days);
      return reply.type('text/calendar; charset=utf-8').send(writeCalendar(entries, Date.now()));
    },
  );
}
