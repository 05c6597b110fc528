import type { Measurement } from '../../domain/sample.ts';
import type { RecordedSample, Records, SamplePhase } from '../ports.ts';
import { storableSample, storableTime } from '../storable.ts';
import type { Database } from './database.ts';
import { runMustExist } from './run-must-exist.ts';
import { epochMs, timestamp } from './time.ts';

const APPEND = `INSERT INTO breakwater.samples (workflow_id, probe, at, wave, iteration, phase, kind, value, problem)
  SELECT $1, probe, ${timestamp('at')}, wave, iteration, phase, kind, value, problem
  FROM unnest($2::text[], $3::float8[], $4::text[], $5::int[], $6::text[], $7::text[], $8::float8[], $9::text[])
    AS sample (probe, at, wave, iteration, phase, kind, value, problem)
  ON CONFLICT (workflow_id, probe, at) DO NOTHING`;

const READ = `SELECT probe, ${epochMs('at')} AS "atMs", wave, iteration, phase, kind, value, problem
  FROM breakwater.samples
  WHERE workflow_id = $1 AND ($2::text IS NULL OR probe = $2) AND ($3::text IS NULL OR phase = $3)
    AND ($4::float8 IS NULL OR at >= ${timestamp('$4')}) AND ($5::float8 IS NULL OR at < ${timestamp('$5')})
  ORDER BY at, probe COLLATE "C"`;

/** In bites, so that no lock and no statement lasts long. */
const PRUNE = `DELETE FROM breakwater.samples
  WHERE ctid = ANY (ARRAY (SELECT ctid FROM breakwater.samples WHERE at < ${timestamp('$1')} LIMIT $2))`;
const BITE = 20_000;

interface Row {
  probe: string;
  atMs: number;
  wave: string;
  iteration: number;
  phase: SamplePhase;
  kind: Measurement['kind'];
  value: number | null;
  problem: string | null;
}

const measurementOf = ({ kind, value, problem }: Row): Measurement =>
  kind === 'value' ? { kind, value: value ?? NaN } : { kind, reason: problem ?? '' };

const toSample = (row: Row): RecordedSample => {
  const { probe, atMs, wave, iteration, phase } = row;
  return { probe, atMs, wave, iteration, phase, measurement: measurementOf(row) };
};

/** The part of the records that keeps what the probes answered. */
export const sampleRecords = ({ query }: Database): Pick<Records, 'appendSamples' | 'samples' | 'pruneSamples'> => ({
  async appendSamples(workflowId, samples) {
    const rows = samples.map(storableSample);
    if (rows.length === 0) return;
    const column = <T>(pick: (sample: RecordedSample) => T): T[] => rows.map(pick);
    const place = [
      column((s) => s.probe),
      column((s) => s.atMs),
      column((s) => s.wave),
      column((s) => s.iteration),
      column((s) => s.phase),
    ];
    const values = column(({ measurement: m }) => (m.kind === 'value' ? m.value : null));
    const problems = column(({ measurement: m }) => (m.kind === 'value' ? null : m.reason));
    const answer = [column(({ measurement }) => measurement.kind), values, problems];
    await runMustExist(workflowId, query('append samples', APPEND, [workflowId, ...place, ...answer]));
  },
  async samples(workflowId, { probe, phase, fromMs, toMs } = {}) {
    const { rows } = await query<Row>('read samples', READ, [workflowId, probe ?? null, phase ?? null, fromMs ?? null, toMs ?? null]);
    return rows.map(toSample);
  },
  async pruneSamples(olderThanMs) {
    const before = storableTime(olderThanMs, 'olderThanMs');
    let pruned = 0;
    for (;;) {
      const { rowCount } = await query('prune samples', PRUNE, [before, BITE]);
      pruned += rowCount ?? 0;
      if ((rowCount ?? 0) < BITE) return pruned;
    }
  },
});
