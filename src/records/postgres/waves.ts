import type { RecordedPostMortem, Records } from '../ports.ts';
import { storableLimit, storablePostMortem, storableTime } from '../storable.ts';
import { readWave, type WavePlace } from '../waves.ts';
import type { Database } from './database.ts';
import { runMustExist } from './run-must-exist.ts';
import { epochMs, timestamp } from './time.ts';

const WAVES = `SELECT workflow_id AS "workflowId", name, service, environment, time_scale AS "timeScale", ${epochMs('closed_at')} AS "closedAtMs",
    run_verdict AS "runVerdict", wave, data
  FROM breakwater.wave_verdicts
  WHERE ($2::float8 IS NULL OR closed_at >= ${timestamp('$2')}) AND ($3::text IS NULL OR environment = $3)
    AND ($4::text IS NULL OR service = $4) AND ($5::text IS NULL OR name = $5) AND ($6::text IS NULL OR wave = $6)
  ORDER BY closed_at DESC, workflow_id COLLATE "C" DESC, wave COLLATE "C" LIMIT $1`;

const HAND_IN = `INSERT INTO breakwater.post_mortems (workflow_id, digest, handed_in, handed_in_by, completed, fields, missing, runbook)
  VALUES ($1, $2, ${timestamp('$3')}, $4, $5, $6, $7::jsonb, $8) ON CONFLICT (workflow_id, digest) DO NOTHING`;

const POST_MORTEMS = `SELECT DISTINCT ON (workflow_id) workflow_id AS "workflowId", digest, ${epochMs('handed_in')} AS "atMs",
    handed_in_by AS "by", completed, fields, missing, runbook
  FROM breakwater.post_mortems WHERE workflow_id = ANY ($1::text[]) ORDER BY workflow_id, handed_in DESC, ordinal DESC`;

/** The part of the records that keeps what waves have shown and what people learnt. */
export const waveRecords = ({ query }: Database): Pick<Records, 'waves' | 'recordPostMortem' | 'postMortems'> => ({
  async waves({ limit, sinceMs, environment, service, name, wave }) {
    const values = [
      ...[storableLimit(limit), sinceMs === undefined ? null : storableTime(sinceMs, 'sinceMs')],
      ...[environment ?? null, service ?? null, name ?? null, wave ?? null],
    ];
    const { rows } = await query<WavePlace & { data: unknown }>('read verdicts of waves', WAVES, values);
    return rows.flatMap(({ data, ...place }) => readWave(place, data));
  },
  async recordPostMortem(given) {
    const { workflowId, digest, atMs, by, completed, fields, missing, runbook } = storablePostMortem(given);
    const values = [workflowId, digest, atMs, by, completed, fields, JSON.stringify(missing), runbook];
    await runMustExist(workflowId, query('record a post-mortem', HAND_IN, values));
  },
  postMortems: async (workflowIds) => (await query<RecordedPostMortem>('read post-mortems', POST_MORTEMS, [[...workflowIds]])).rows,
});
