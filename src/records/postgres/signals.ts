import { downsample } from '../downsample.ts';
import type { Records } from '../ports.ts';
import type { RecordedSignal, SampleBucket, SampleNumbers, SampleStretch } from '../signal.ts';
import type { Database } from './database.ts';
import { epochMs } from './time.ts';

/** Names of the signals that still have samples. One look into the index for each: a run's samples are a million, its signals fifty. */
const NAMES = `WITH RECURSIVE names AS (
    SELECT min(probe) AS probe FROM breakwater.samples WHERE workflow_id = $1
    UNION ALL
    SELECT (SELECT min(probe) FROM breakwater.samples WHERE workflow_id = $1 AND probe > names.probe) FROM names WHERE probe IS NOT NULL)
  SELECT probe FROM names WHERE probe IS NOT NULL`;

/** One row for each stretch, its samples as text: twice as fast as rows or arrays. A number's text is exact. */
const STRETCHES = `SELECT wave, iteration, phase,
    string_agg((extract(epoch FROM at) * 1000)::bigint::text, ',' ORDER BY at) AS times,
    string_agg(coalesce(value::text, ''), ',' ORDER BY at) AS answers,
    coalesce(jsonb_agg(kind || ': ' || problem ORDER BY at) FILTER (WHERE problem IS NOT NULL), '[]') AS problems
  FROM breakwater.samples WHERE workflow_id = $1 AND probe = $2 GROUP BY wave, iteration, phase`;

const BUCKETS = `SELECT probe, wave, iteration, phase, ${epochMs('from_at')} AS "fromMs", ${epochMs('to_at')} AS "toMs", "values", problems,
    min, ${epochMs('min_at')} AS "minAtMs", max, ${epochMs('max_at')} AS "maxAtMs", mean, last, ${epochMs('last_at')} AS "lastAtMs",
    problem, ${epochMs('problem_at')} AS "problemAtMs"
  FROM breakwater.sample_buckets WHERE workflow_id = $1 ORDER BY from_at, to_at`;

const NUMBERS = `SELECT probe, wave, iteration, phase, ${epochMs('from_at')} AS "fromMs", ${epochMs('to_at')} AS "toMs", "values", problems,
    min, p05, median, p95, max, mean, course
  FROM breakwater.sample_numbers WHERE workflow_id = $1 ORDER BY probe, ordinal`;

type StretchRow = Pick<SampleStretch, 'wave' | 'iteration' | 'phase' | 'problems'> & { times: string; answers: string };

const toStretch = ({ times, answers, ...place }: StretchRow): SampleStretch => ({
  ...place,
  atMs: times.split(',').map(Number),
  values: answers.split(',').map((text) => (text === '' ? null : Number(text))),
});

/** Names of the signals of a run that still have samples, in the database's order. */
export async function sampledProbes({ query }: Database, workflowId: string): Promise<string[]> {
  const { rows } = await query<{ probe: string }>('read the names of signals', NAMES, [workflowId]);
  return rows.map(({ probe }) => probe);
}

/** One signal in small, reckoned from its samples. */
export async function sampledSignal({ query }: Database, workflowId: string, probe: string): Promise<RecordedSignal> {
  const { rows } = await query<StretchRow>('read a signal', STRETCHES, [workflowId, probe]);
  return downsample(probe, rows.map(toStretch));
}

/** What was kept of signals whose samples are gone. */
async function keptSignals({ query }: Database, workflowId: string): Promise<Map<string, RecordedSignal>> {
  const kept = new Map<string, RecordedSignal>();
  const numbers = await query<SampleNumbers & { probe: string }>('read numbers of signals', NUMBERS, [workflowId]);
  for (const { probe, ...row } of numbers.rows) {
    const signal = kept.get(probe) ?? { probe, isFull: false, buckets: [], numbers: [] };
    kept.set(probe, signal);
    signal.numbers.push(row);
  }
  if (kept.size === 0) return kept;
  const buckets = await query<SampleBucket & { probe: string }>('read buckets', BUCKETS, [workflowId]);
  for (const { probe, ...row } of buckets.rows) kept.get(probe)?.buckets.push(row);
  return kept;
}

/** The part of the records that tells of signals. Two are read at a time: while one is being reckoned here, the database reads the next. */
export const signalRecords = (database: Database): Pick<Records, 'signals'> => ({
  async signals(workflowId) {
    const kept = await keptSignals(database, workflowId);
    const waiting = (await sampledProbes(database, workflowId)).filter((probe) => !kept.has(probe));
    const read: RecordedSignal[] = [];
    const lane = async (): Promise<void> => {
      for (let probe = waiting.shift(); probe !== undefined; probe = waiting.shift())
        read.push(await sampledSignal(database, workflowId, probe));
    };
    await Promise.all([lane(), lane()]);
    return [...kept.values(), ...read].sort((a, b) => (a.probe < b.probe ? -1 : 1));
  },
});
