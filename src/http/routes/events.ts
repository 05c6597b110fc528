import { Readable } from 'node:stream';
import * as z from 'zod';
import type { Api } from '../api.ts';
import { principalOf } from '../guard.ts';
import * as schema from '../schemas.ts';
import { visibleRun, type Rooms } from '../visible.ts';
import { createLooks, isSeen, watchRun } from '../watch.ts';
import { watchersSignalOf, type Watchers } from '../watchers.ts';

const LOOK_EVERY_MS = 1_000;
const BEAT_EVERY_MS = 15_000;

/** What is no id of ours is none: the stream then begins at the beginning. */
const LastSeen = z
  .string()
  .transform((id) => (/^[\x21-\x7e]{0,500}$/.test(id) ? id : undefined))
  .optional()
  .describe('id of the last event that you have: the stream goes on after it');

/** The stream of what happens in a run. */
export function eventRoutes(app: Api, rooms: Rooms, watchers: Watchers): void {
  const look = createLooks(rooms);
  app.get(
    '/v1/runs/:id/events',
    {
      schema: {
        tags: ['runs'],
        summary: 'what happens in a run, as server-sent events, from its first event to its end',
        description:
          'Each message is an event of the run as JSON. The event `end` carries the verdict, and then the stream is over; who comes back with the last id gets 204.',
        headers: z.looseObject({ 'last-event-id': LastSeen }),
        params: schema.RunParams,
        response: {
          200: { description: 'the stream', content: { 'text/event-stream': { schema: z.unknown() } } },
          204: z.null().describe('the run is over and you have seen all of it'),
          ...schema.problems,
        },
      },
    },
    async (request, reply) => {
      const [principal, { id }] = [principalOf(request), request.params];
      await visibleRun(rooms, principal, id);
      const after = request.headers['last-event-id'];
      if (after !== undefined && isSeen(after)) return reply.code(204).send(null);
      const leave = watchers.enter(principal.subject);
      const gone = new AbortController();
      const end = (): void => {
        gone.abort();
        leave();
      };
      reply.raw.once('close', end);
      if (reply.raw.destroyed) end(); // it closed while the run was looked for: nobody will tell once more
      const frames = watchRun(rooms, id, {
        signal: AbortSignal.any([gone.signal, watchersSignalOf(request)]),
        look,
        lookEveryMs: LOOK_EVERY_MS,
        beatEveryMs: BEAT_EVERY_MS,
        ...(after !== undefined && { after }),
        ...(principal.expiresAtMs !== undefined && { untilMs: principal.expiresAtMs }),
      });
      // A connection that is kept after a stream would hold up the end of the API.
      reply.headers({ 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no', connection: 'close' });
      return reply.send(Readable.from(frames, { objectMode: false }));
    },
  );
}
