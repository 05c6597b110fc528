import * as z from 'zod';
import { decide } from '../../domain/principal.ts';
import type { Api } from '../api.ts';
import { principalOf } from '../guard.ts';
import * as schema from '../schemas.ts';
import { requireRecords, type Rooms } from '../visible.ts';

const Experiment = z.looseObject({
  name: z.string(),
  environment: z.string(),
  service: z.string(),
  owner: z.string(),
  digest: z.string().describe('SHA-256 over the canonical document'),
  path: z.string(),
  commit: z.string(),
  statement: z
    .string()
    .optional()
    .describe('a signed statement that it was reviewed, a compact JWS: verify it, standing here proves nothing'),
});

/** The experiments that `breakwater sync` has put on record. */
export function catalogueRoutes(app: Api, rooms: Rooms): void {
  app.get(
    '/v1/experiments',
    {
      schema: {
        tags: ['learning'],
        summary: 'the experiments that `breakwater sync` has put on record, as far as you may see them',
        response: { 200: z.object({ experiments: z.array(Experiment) }), ...schema.problems },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const all = await requireRecords(rooms).catalogue();
      const own = all.filter(({ owner, environment }) => decide(principal, 'read', { team: owner, environment }) === 'allowed');
      return { experiments: own.map((entry) => ({ ...entry })) };
    },
  );
}
