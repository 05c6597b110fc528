import { aboutRun, auditedRun, factOfClose, factOfOpening } from '../../domain/audit/facts.ts';
import type { OpenRun, Records, RunClose, RunFilter, RunHead, RunRecord } from '../ports.ts';
import { digestOfJson } from '../audit/digest.ts';
import { refused } from '../errors.ts';
import { storableClose, storableJson, storableLimit, storableTime } from '../storable.ts';
import { BINDING, bindingOf, type BindingRow, type Chain } from './chain.ts';
import type { Database, Query } from './database.ts';
import { epochMs, timestamp } from './time.ts';

const HEAD = `workflow_id AS "workflowId", run_id AS "runId", name, service, environment, owner, ticket, plan_digest AS "planDigest",
  seed::float8 AS seed, time_scale AS "timeScale", requested_by AS "requestedBy", site, ${epochMs('started_at')} AS "startedAtMs",
  ${epochMs('closed_at')} AS "closedAtMs", verdict, reason`;
const COLUMNS = `${HEAD}, experiment, result`;

const INSERT = `INSERT INTO breakwater.runs (workflow_id, run_id, name, service, environment, owner, ticket, plan_digest, seed, time_scale,
    requested_by, site, started_at, experiment, experiment_digest)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, ${timestamp('$13')}, $14::jsonb, $15)
  ON CONFLICT (workflow_id) DO NOTHING`;

const CLOSE = `UPDATE breakwater.runs AS run SET verdict = $2, reason = $3, result = $4::jsonb, closed_at = ${timestamp('$5')}
  WHERE workflow_id = $1 AND verdict IS NULL RETURNING ${BINDING}`;

/** The newest first; a page begins after the run that the cursor names. */
const listOf = (columns: string): string => `SELECT ${columns} FROM breakwater.runs
  WHERE ($2::text IS NULL OR environment = $2) AND ($3::text IS NULL OR service = $3) AND ($4::text IS NULL OR verdict = $4)
    AND ($6::text IS NULL OR name = $6)
    AND ($7::float8 IS NULL OR started_at >= ${timestamp('$7')}) AND ($8::float8 IS NULL OR started_at < ${timestamp('$8')})
    AND ($9::jsonb IS NULL OR EXISTS (SELECT 1 FROM jsonb_to_recordset($9::jsonb) AS place (owner text, environment text)
      WHERE (place.owner IS NULL OR place.owner = runs.owner) AND (place.environment IS NULL OR place.environment = runs.environment)))
    AND ($5::text IS NULL OR (started_at, workflow_id) < (SELECT started_at, workflow_id FROM breakwater.runs WHERE workflow_id = $5))
  ORDER BY started_at DESC, workflow_id DESC LIMIT $1`;

/** Both conditions are those of partial indexes (migration 0003). */
const WITH_LEFTOVERS = `SELECT ${COLUMNS} FROM breakwater.runs WHERE workflow_id IN (
    SELECT workflow_id FROM breakwater.runs WHERE result->'leftovers' <> '[]'::jsonb
    UNION
    SELECT workflow_id FROM breakwater.events WHERE kind = 'leftover' OR (kind = 'janitor' AND data->>'outcome' = 'leftover'))
  ORDER BY started_at DESC, workflow_id DESC LIMIT 1000`;

const SITES = `SELECT DISTINCT site FROM breakwater.runs WHERE started_at >= ${timestamp('$1')} ORDER BY site`;

/** A column without a value is a field that is absent. */
const toRun = <R extends RunHead = RunRecord>(row: object): R =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as unknown as R;

type Planned = Pick<OpenRun, 'planDigest'>;
const PLAN = 'SELECT plan_digest AS "planDigest" FROM breakwater.runs WHERE workflow_id = $1';

/** Opened by somebody else meanwhile, it is what they opened. @returns the run that is on record now */
const open = (chain: Chain, r: OpenRun): Promise<Planned> =>
  chain('open a run', async (query) => {
    const experimentDigest = digestOfJson(r.experiment);
    const who = [r.workflowId, r.runId, r.name, r.service, r.environment, r.owner, r.ticket ?? null];
    const how = [r.planDigest, r.seed, r.timeScale, r.requestedBy, r.site, r.startedAtMs, JSON.stringify(r.experiment), experimentDigest];
    const { rowCount } = await query(INSERT, [...who, ...how]);
    if (rowCount === 1) return { facts: [factOfOpening(auditedRun(r, experimentDigest), aboutRun(r))], answer: r };
    return { facts: [], answer: (await query<Planned>(PLAN, [r.workflowId])).rows[0] ?? r };
  });

/** @returns whether it was the first end, which stands for ever */
async function end(query: Query, workflowId: string, { verdict, reason, result, closedAtMs }: RunClose) {
  const { rows } = await query<BindingRow>(CLOSE, [workflowId, verdict, reason, JSON.stringify(result), closedAtMs]);
  const facts = rows.map((row) => factOfClose(bindingOf(row), { verdict, reason, resultDigest: digestOfJson(result), closedAtMs }));
  return { facts, answer: rows.length > 0 };
}

type RunPart = Pick<Records, 'openRun' | 'closeRun' | 'findRun' | 'listRuns' | 'listHeads' | 'runsWithLeftovers' | 'sites'>;

/** The part of the records that keeps runs and their verdicts. */
export function runRecords({ query }: Database, chain: Chain): RunPart {
  const findRun = async (workflowId: string): Promise<RunRecord | undefined> => {
    const { rows } = await query<object>('read a run', `SELECT ${COLUMNS} FROM breakwater.runs WHERE workflow_id = $1`, [workflowId]);
    return rows[0] && toRun(rows[0]);
  };
  const mustFind = async (workflowId: string): Promise<RunRecord> => {
    const run = await findRun(workflowId);
    if (!run) throw refused(`no run ${workflowId} is recorded; openRun comes first`);
    return run;
  };
  const rowsOf = async (columns: string, filter: RunFilter): Promise<object[]> => {
    const { limit, environment, service, verdict, cursor, name, sinceMs, untilMs, within } = filter;
    const most = storableLimit(limit);
    if (cursor !== undefined) await mustFind(cursor);
    const wanted = [most, environment, service, verdict, cursor, name, sinceMs, untilMs, within && JSON.stringify(within)];
    const { rows } = await query<object>(
      'list runs',
      listOf(columns),
      wanted.map((value) => value ?? null),
    );
    return rows;
  };
  return {
    async openRun(run) {
      const r = storableJson({ ...run, startedAtMs: storableTime(run.startedAtMs, 'startedAtMs') }, 'run');
      const known = (await query<Planned>('open a run', PLAN, [r.workflowId])).rows[0] ?? (await open(chain, r));
      if (known.planDigest !== r.planDigest) throw refused(`run ${r.workflowId} is already recorded with another plan`);
    },
    async closeRun(workflowId, given) {
      const close = storableClose(given);
      const isFirst = await chain('close a run', (send) => end(send, workflowId, close));
      return { verdict: isFirst ? close.verdict : ((await mustFind(workflowId)).verdict ?? close.verdict) };
    },
    findRun,
    listRuns: async (filter) => (await rowsOf(COLUMNS, filter)).map((row) => toRun(row)),
    listHeads: async (filter) => (await rowsOf(HEAD, filter)).map((row) => toRun<RunHead>(row)),
    runsWithLeftovers: async () => (await query<object>('list runs with leftovers', WITH_LEFTOVERS)).rows.map(toRun),
    async sites(sinceMs) {
      const { rows } = await query<{ site: string }>('list sites', SITES, [storableTime(sinceMs, 'sinceMs')]);
      return rows.map(({ site }) => site);
    },
  };
}
