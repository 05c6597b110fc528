import * as z from 'zod';
import type { Registry } from 'prom-client';
import type { Api } from '../api.ts';
import { HEALTH, principalOf } from '../guard.ts';
import type { LiveAccess } from '../identity/live-access.ts';
import * as schema from '../schemas.ts';
import type { Rooms } from '../visible.ts';

/** Longest wait for the records when health is asked. */
const RECORDS_WITHIN_MS = 2_000;

const inTime = async (asked: Promise<unknown>): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, RECORDS_WITHIN_MS, false)));
  const answered = asked.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, late]).finally(() => {
    clearTimeout(timer);
  });
};

/** Health, numbers, the description of the API, and who one is. */
export function serviceRoutes(app: Api, { door, records }: Rooms, registry: Registry, live?: Pick<LiveAccess, 'standing'>): void {
  const tags = ['service'];
  app.get(
    HEALTH,
    {
      schema: {
        tags,
        summary: 'whether the API can do its work: without the records halts and steering still go',
        security: [],
        response: {
          200: z.object({
            status: z.literal('ok'),
            records: z.enum(['ok', 'unreachable', 'none']),
            access: z.enum(['ok', 'stale', 'expired']).optional(),
          }),
          503: schema.problems[503],
        },
      },
    },
    async () => {
      await door.checkHealth();
      const kept = records === undefined ? 'none' : (await inTime(records.ping())) ? 'ok' : 'unreachable';
      return { status: 'ok' as const, records: kept, ...(live && { access: live.standing() }) } as const;
    },
  );
  app.get(
    '/metrics',
    {
      schema: {
        tags,
        summary: 'numbers for Prometheus',
        response: { 200: { description: 'exposition format', content: { 'text/plain': { schema: z.string() } } }, ...schema.problems },
      },
    },
    async (_request, reply) => reply.header('content-type', registry.contentType).send(await registry.metrics()),
  );
  app.get(
    '/v1/me',
    {
      schema: {
        tags,
        summary: 'who you are to this API, and what you may do where',
        response: { 200: z.looseObject({ subject: z.string(), kind: z.string() }), ...schema.problems },
      },
    },
    (request) => Promise.resolve({ ...principalOf(request) }),
  );
  app.get(
    '/v1/openapi.json',
    { schema: { tags, summary: 'this description, OpenAPI 3.1', response: { 200: z.looseObject({}), ...schema.problems } } },
    () => Promise.resolve({ ...app.swagger() }),
  );
}
