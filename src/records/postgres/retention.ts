import { factsOfPruning } from '../audit/pruning.ts';
import type { Pruned, Records } from '../ports.ts';
import { addPruned, checkedRetention, nothingPruned } from '../retention.ts';
import type { RecordedSignal } from '../signal.ts';
import type { Chain } from './chain.ts';
import type { Database } from './database.ts';
import { sampledProbes, sampledSignal } from './signals.ts';
import { timestamp } from './time.ts';

/** A run that never ended is over when none of its samples is younger: somebody may have terminated it. */
const RUNS_WITH_OLD_SAMPLES = `SELECT workflow_id AS "workflowId" FROM breakwater.runs AS run
  WHERE (closed_at < ${timestamp('$1')} OR (closed_at IS NULL AND started_at < ${timestamp('$1')} AND NOT EXISTS (
      SELECT FROM breakwater.samples WHERE workflow_id = run.workflow_id AND at >= ${timestamp('$1')})))
    AND EXISTS (SELECT FROM breakwater.samples WHERE workflow_id = run.workflow_id)
  ORDER BY started_at`;

const RUNS_WITH_OLD_BUCKETS = `SELECT workflow_id AS "workflowId" FROM breakwater.runs AS run
  WHERE coalesce(closed_at, started_at) < ${timestamp('$1')}
    AND EXISTS (SELECT FROM breakwater.sample_buckets WHERE workflow_id = run.workflow_id)
  ORDER BY started_at`;

const COUNT = `SELECT count(*)::int AS count FROM breakwater.samples WHERE workflow_id = $1 AND probe = $2`;

const isFirst = `NOT EXISTS (SELECT FROM breakwater.sample_numbers WHERE workflow_id = $1 AND probe = $2)`;

/** One statement, so that a signal has either its samples or what replaces them. */
const REPLACE = `WITH numbers AS (
    INSERT INTO breakwater.sample_numbers (workflow_id, probe, ordinal, wave, iteration, phase, from_at, to_at, "values", problems,
      min, p05, median, p95, max, mean, course)
    SELECT $1, $2, ordinal, wave, iteration, phase, ${timestamp('"fromMs"')}, ${timestamp('"toMs"')}, "values", problems,
      min, p05, median, p95, max, mean, course
    FROM jsonb_to_recordset($3::jsonb) AS number (ordinal int, wave text, iteration int, phase text, "fromMs" float8, "toMs" float8,
      "values" int, problems int, min float8, p05 float8, median float8, p95 float8, max float8, mean float8, course float8[])
    WHERE ${isFirst} ON CONFLICT DO NOTHING
  ), buckets AS (
    INSERT INTO breakwater.sample_buckets (workflow_id, probe, wave, iteration, phase, from_at, to_at, "values", problems,
      min, min_at, max, max_at, mean, last, last_at, problem, problem_at)
    SELECT $1, $2, wave, iteration, phase, ${timestamp('"fromMs"')}, ${timestamp('"toMs"')}, "values", problems,
      min, ${timestamp('"minAtMs"')}, max, ${timestamp('"maxAtMs"')}, mean, last, ${timestamp('"lastAtMs"')},
      problem, ${timestamp('"problemAtMs"')}
    FROM jsonb_to_recordset($4::jsonb) AS bucket (wave text, iteration int, phase text, "fromMs" float8, "toMs" float8, "values" int,
      problems int, min float8, "minAtMs" float8, max float8, "maxAtMs" float8, mean float8, last float8, "lastAtMs" float8,
      problem text, "problemAtMs" float8)
    WHERE ${isFirst} ON CONFLICT DO NOTHING
  )
  DELETE FROM breakwater.samples WHERE workflow_id = $1 AND probe = $2`;

const COUNT_BUCKETS = `SELECT count(*)::int AS count FROM breakwater.sample_buckets WHERE workflow_id = $1`;
const DELETE_BUCKETS = `DELETE FROM breakwater.sample_buckets WHERE workflow_id = $1`;

/** The part of the records that makes room. One signal at a time, so that no lock and no statement lasts long. */
export function retention(database: Database, chain: Chain): Pick<Records, 'prune'> {
  const { query } = database;
  const runsOf = async (doing: string, sql: string, beforeMs: number): Promise<string[]> =>
    (await query<{ workflowId: string }>(doing, sql, [beforeMs])).rows.map(({ workflowId }) => workflowId);
  const countOf = async (sql: string, values: string[]): Promise<number> =>
    (await query<{ count: number }>('count what is old', sql, values)).rows[0]?.count ?? 0;

  const replace = async (workflowId: string, { probe, numbers, buckets }: RecordedSignal): Promise<number> => {
    const rows = [JSON.stringify(numbers.map((row, ordinal) => ({ ...row, ordinal }))), JSON.stringify(buckets)];
    return (await query('replace samples by buckets', REPLACE, [workflowId, probe, ...rows])).rowCount ?? 0;
  };
  const pruneSamples = async (workflowId: string, probe: string, act: boolean): Promise<Pruned> => {
    const samples = act
      ? await replace(workflowId, await sampledSignal(database, workflowId, probe))
      : await countOf(COUNT, [workflowId, probe]);
    return { signals: 1, samples, buckets: 0 };
  };
  const pruneBuckets = async (workflowId: string, act: boolean): Promise<Pruned> => {
    const buckets = act
      ? ((await query('delete buckets', DELETE_BUCKETS, [workflowId])).rowCount ?? 0)
      : await countOf(COUNT_BUCKETS, [workflowId]);
    return { ...nothingPruned, buckets };
  };
  return {
    async prune(given, act) {
      const { samplesSinceMs, bucketsSinceMs } = checkedRetention(given);
      let pruned: Pruned = nothingPruned;
      for (const workflowId of await runsOf('find old samples', RUNS_WITH_OLD_SAMPLES, samplesSinceMs))
        for (const probe of await sampledProbes(database, workflowId))
          pruned = addPruned(pruned, await pruneSamples(workflowId, probe, act));
      for (const workflowId of await runsOf('find old buckets', RUNS_WITH_OLD_BUCKETS, bucketsSinceMs))
        pruned = addPruned(pruned, await pruneBuckets(workflowId, act));
      if (act) await chain('record what was pruned', () => Promise.resolve({ facts: factsOfPruning(given, pruned), answer: undefined }));
      return pruned;
    },
  };
}
