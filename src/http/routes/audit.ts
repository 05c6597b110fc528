import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import { factAbout } from '../../domain/audit/facts.ts';
import { GENESIS } from '../../domain/audit/entry.ts';
import { isRunId } from '../../domain/start.ts';
import { auditCsv, auditJsonLines } from '../../report/audit-export.ts';
import type { Api } from '../api.ts';
import { begun } from '../begun.ts';
import { endUnread } from '../unread.ts';
import { mustMay, principalOf } from '../guard.ts';
import { HttpError } from '../problem.ts';
import * as schema from '../schemas.ts';
import { requireRecords, type Rooms } from '../visible.ts';
import { given } from './given.ts';

const FORMATS = ['jsonl', 'csv'] as const;
const TYPES: Record<(typeof FORMATS)[number], string> = { jsonl: 'application/jsonl; charset=utf-8', csv: 'text/csv; charset=utf-8' };
const CONTENTS = { 'application/jsonl': { schema: z.unknown() }, 'text/csv': { schema: z.string() } };
/** An export reads pages of the log to its end, however long that takes whoever reads it. */
const MOST_AT_ONCE = 2;
/** One that nobody takes anything of for so long is over: it keeps others out. */
const UNREAD_MS = 60_000;

const Query = z.strictObject({
  since: schema.Instant.optional().describe('happened at or after'),
  until: schema.Instant.optional().describe('happened before'),
  after: z
    .string()
    .regex(/^\d{1,15}$/, 'expected a whole number') // an empty one would be taken for 0, and the whole log sent
    .transform(Number)
    .optional()
    .describe('`sequence` of the last entry that you have: goes on after it'),
  run: z.string().max(300).refine(isRunId, 'expected the id of a run').optional().describe('only what is about this run'),
  format: z.enum(FORMATS).default('jsonl').describe('jsonl: one entry a line with its hash, which can be verified; csv: for spreadsheets'),
});

/** The audit log, for whoever may see what every team does. */
export function auditRoutes(app: Api, rooms: Rooms): void {
  let underWay = 0;

  app.get(
    '/v1/audit/head',
    {
      schema: {
        tags: ['audit'],
        summary: 'the end of the chain, which stands for everything before it; 0 while it is empty',
        response: { 200: z.object({ sequence: z.number(), hash: z.string() }), ...schema.problems },
      },
    },
    async (request) => {
      mustMay(principalOf(request), 'audit', {});
      return { ...((await requireRecords(rooms).auditHead()) ?? GENESIS) };
    },
  );

  app.get(
    '/v1/audit',
    {
      schema: {
        tags: ['audit'],
        summary: 'the entries in the order of the chain, streamed; that they were read is an entry, too',
        description: 'A stream that breaks is taken up with `after`.',
        querystring: Query,
        response: { 200: { description: 'the entries, in the format that was asked for', content: CONTENTS }, ...schema.problems },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      mustMay(principal, 'audit', {});
      const records = requireRecords(rooms);
      if (underWay >= MOST_AT_ONCE) throw new HttpError(429, 'other exports of the audit log are under way; try again in a minute');
      const { format, since, until, after, run } = request.query;
      // Counted before anything is awaited: of several that come at once none slips through.
      underWay += 1;
      let isUnderWay = true;
      const end = (): void => {
        if (isUnderWay) underWay -= 1;
        isUnderWay = false;
      };
      const open = async (): Promise<Readable> => {
        // Not read before it is on record who reads: an export that nobody could be asked about does not begin.
        await records.appendAudit([
          factAbout('audit', 'audit-exported', {
            ...{ key: `api/${randomUUID()}`, atMs: Date.now(), actor: principal.subject, from: request.ip },
            ...given(request.query),
          }),
        ]);
        const filter = given({ sinceMs: since, untilMs: until, after, workflowId: run });
        return begun((format === 'csv' ? auditCsv : auditJsonLines)(records.auditPages(filter)));
      };
      const body = await open().catch((error: unknown) => {
        end();
        throw error;
      });
      body.once('close', end);
      if (reply.raw.destroyed) body.destroy(); // it closed while the first page was read: nobody will tell once more
      endUnread(reply.raw, UNREAD_MS);
      request.log.info({ by: principal.subject, format }, 'the audit log is exported');
      return reply.header('content-type', TYPES[format]).send(body);
    },
  );
}
