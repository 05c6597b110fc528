import * as z from 'zod';
import { decide, readable } from '../../domain/principal.ts';
import { REPORT_FORMATS, type ReportFormat } from '../../report/formats.ts';
import { CLEARED, openLeftovers, type Leftover } from '../../report/leftovers.ts';
import { lookBack } from '../../report/look-back.ts';
import { recordedFindings } from '../../report/recorded-findings.ts';
import { runPieces } from '../../report/run-pieces.ts';
import type { Api } from '../api.ts';
import { begun } from '../begun.ts';
import { principalOf } from '../guard.ts';
import { HttpError } from '../problem.ts';
import * as schema from '../schemas.ts';
import { requireRecords, visibleRecord, type Rooms } from '../visible.ts';
import { given } from './given.ts';

const TYPES: Record<ReportFormat, string> = {
  html: 'text/html; charset=utf-8',
  markdown: 'text/markdown; charset=utf-8',
  json: 'application/json; charset=utf-8',
  junit: 'application/xml; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
};
const CONTENTS = Object.fromEntries(Object.values(TYPES).map((type) => [type.split(';')[0] ?? type, { schema: z.unknown() }]));
/** A report is somebody's data at our address: it may neither run anything nor load anything. */
const NOTHING_RUNS = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

/** What the records teach: reports, findings, what was left behind. */
export function learningRoutes(app: Api, rooms: Rooms): void {
  const answers = { ...schema.problems };

  app.get(
    '/v1/runs/:id/report',
    {
      schema: {
        tags: ['learning'],
        summary: 'the report of a run',
        params: schema.RunParams,
        querystring: z.strictObject({ format: z.enum(REPORT_FORMATS).default('json') }),
        response: { 200: { description: 'the report, in the format that was asked for', content: CONTENTS }, ...answers },
      },
    },
    async (request, reply) => {
      const run = await visibleRecord(rooms, principalOf(request), request.params.id);
      const { format } = request.query;
      const body = await begun(runPieces(requireRecords(rooms), run, format, readable(principalOf(request))));
      return reply.header('content-type', TYPES[format]).header('content-security-policy', NOTHING_RUNS).send(body);
    },
  );

  app.get(
    '/v1/findings',
    {
      schema: {
        tags: ['learning'],
        summary: 'what runs taught and is not mended yet',
        querystring: z.strictObject({ ...schema.Places, all: z.enum(['true', 'false']).default('false').describe('closed ones too') }),
        response: { 200: z.looseObject({ findings: z.array(z.looseObject({})), isAll: z.boolean() }), ...answers },
      },
    },
    async (request) => {
      const { all, ...wanted } = request.query;
      const records = requireRecords(rooms);
      const { runs, isAll } = await lookBack((filter) => records.listHeads(filter), {
        ...given(wanted),
        within: readable(principalOf(request)),
      });
      const found = recordedFindings(runs).filter(({ closedBy }) => all === 'true' || !closedBy);
      return { findings: found.map((finding) => ({ ...finding })), isAll };
    },
  );

  app.get(
    '/v1/leftovers',
    {
      schema: {
        tags: ['learning'],
        summary: 'what could not be undone and nobody has cleared, by the records; `breakwater leftovers` also asks the sites',
        response: { 200: z.object({ leftovers: z.array(z.looseObject({ key: z.string(), manual: z.string() })) }), ...answers },
      },
    },
    async (request) => {
      const [kept, principal] = [requireRecords(rooms), principalOf(request)];
      const own = (await kept.runsWithLeftovers()).filter(
        ({ owner, environment }) => decide(principal, 'read', { team: owner, environment }) === 'allowed',
      );
      const open: Leftover[] = [];
      for (const run of own) open.push(...openLeftovers(run, await kept.events(run.workflowId)));
      return { leftovers: open.sort((a, b) => a.sinceMs - b.sinceMs).map((leftover) => ({ ...leftover })) };
    },
  );

  app.post(
    '/v1/runs/:id/leftovers/clear',
    {
      schema: {
        tags: ['learning'],
        summary: 'notes that a person has looked at what a run left behind, or at one key of it',
        params: schema.RunParams,
        body: schema.ReasonedBody.extend({ key: z.string().min(1).max(1_000).optional() }),
        response: { 200: z.object({ cleared: z.array(z.string()) }), ...answers },
      },
    },
    async (request) => {
      const { subject } = principalOf(request);
      const { key, reason } = request.body;
      const run = await visibleRecord(rooms, principalOf(request), request.params.id, 'clear');
      const kept = requireRecords(rooms);
      const open = openLeftovers(run, await kept.events(run.workflowId)).filter((leftover) => key === undefined || leftover.key === key);
      if (open.length === 0) throw new HttpError(404, 'nothing of that waits for a person');
      const atMs = Date.now();
      const data = { by: subject, reason, what: open.map(({ what }) => what), ...(key !== undefined && { key }) };
      await kept.appendEvents(run.workflowId, [{ key: `${CLEARED}/${atMs}/${key ?? 'all'}`, atMs, kind: CLEARED, data }]);
      request.log.info({ run: run.workflowId, by: subject }, 'leftovers cleared');
      return { cleared: open.map((leftover) => leftover.key) };
    },
  );
}
