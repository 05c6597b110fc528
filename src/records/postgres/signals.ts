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

const KEPT_NAMES = `SELECT DISTINCT probe FROM breakwater.sample_numbers WHERE workflow_id = $1`;

/** One row for each stretch, its samples as the bytes of numbers: for a million samples that takes a third of the time of rows. */
const STRETCHES = `SELECT wave, iteration, phase,
    string_agg(float8send(date_part('epoch', at)), ''::bytea ORDER BY at) AS seconds,
    string_agg(coalesce(float8send(value), float8send('NaN')), ''::bytea ORDER BY at) AS answers,
    coalesce(jsonb_agg(kind || ': ' || problem ORDER BY at) FILTER (WHERE problem IS NOT NULL), '[]') AS problems
  FROM breakwater.samples WHERE workflow_id = $1 AND probe = $2 GROUP BY wave, iteration, phase`;

const BUCKETS = `SELECT probe, wave, iteration, phase, ${epochMs('from_at')} AS "fromMs", ${epochMs('to_at')} AS "toMs", "values", problems,
    min, ${epochMs('min_at')} AS "minAtMs", max, ${epochMs('max_at')} AS "maxAtMs", mean, last, ${epochMs('last_at')} AS "lastAtMs",
    problem, ${epochMs('problem_at')} AS "problemAtMs"
  FROM breakwater.sample_buckets WHERE workflow_id = $1 ORDER BY from_at, to_at`;

const NUMBERS = `SELECT probe, wave, iteration, phase, ${epochMs('from_at')} AS "fromMs", ${epochMs('to_at')} AS "toMs", "values", problems,
    min, p05, median, p95, max, mean, course
  FROM breakwater.sample_numbers WHERE workflow_id = $1 ORDER BY probe, ordinal`;

type StretchRow = Pick<SampleStretch, 'wave' | 'iteration' | 'phase' | 'problems'> & { seconds: Buffer; answers: Buffer };

/** Big-endian doubles, as PostgreSQL sends them. */
function doublesOf(bytes: Buffer): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const doubles = new Float64Array(bytes.byteLength / 8);
  for (let i = 0; i < doubles.length; i++) doubles[i] = view.getFloat64(i * 8);
  return doubles;
}

const toStretch = ({ seconds, answers, ...place }: StretchRow): SampleStretch => ({
  ...place,
  atMs: doublesOf(seconds).map((second) => Math.round(second * 1_000)),
  values: doublesOf(answers),
});

/** Names of the signals of a run that still have samples, in the database's order. */
export async function sampledProbes({ query }: Database, workflowId: string): Promise<string[]> {
  const { rows } = await query<{ probe: string }>('read the names of signals', NAMES, [workflowId]);
  return rows.map(({ probe }) => probe);
}

/** Names of the signals that have all their samples, sorted: what arrived after a signal was replaced by buckets is not all of it. */
export async function fullProbes(database: Database, workflowId: string): Promise<string[]> {
  const { rows } = await database.query<{ probe: string }>('read the names of signals', KEPT_NAMES, [workflowId]);
  const kept = new Set(rows.map(({ probe }) => probe));
  return (await sampledProbes(database, workflowId)).filter((probe) => !kept.has(probe)).sort((a, b) => (a < b ? -1 : 1));
}

/** Every sample of a signal, in one answer. */
export async function sampledStretches({ query }: Database, workflowId: string, probe: string): Promise<SampleStretch[]> {
  const { rows } = await query<StretchRow>('read a signal', STRETCHES, [workflowId, probe]);
  return rows.map(toStretch);
}

/** One signal in small, reckoned from its samples. */
export const sampledSignal = async (database: Database, workflowId: string, probe: string): Promise<RecordedSignal> =>
  downsample(probe, await sampledStretches(database, workflowId, probe));

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
