import { factOfPostMortem } from '../../domain/audit/facts.ts';
import type { RecordedPostMortem, Records } from '../ports.ts';
import { storableLimit, storablePostMortem, storableTime } from '../storable.ts';
import { readWave, type WavePlace } from '../waves.ts';
import { BINDING, bindingOf, type BindingRow, type Chain } from './chain.ts';
import type { Database, Query } from './database.ts';
import { runMustExist } from './run-must-exist.ts';
import { epochMs, timestamp } from './time.ts';

/** As the view of the same name (migration 0004), but filtered before its first verdicts are picked: a filter does not reach below a DISTINCT ON. */
const WAVES = `SELECT * FROM (
    SELECT DISTINCT ON (r.workflow_id, e.wave) r.workflow_id AS "workflowId", r.name, r.service, r.environment, r.time_scale AS "timeScale",
      ${epochMs('r.closed_at')} AS "closedAtMs", r.verdict AS "runVerdict", e.wave, e.data
    FROM breakwater.runs r JOIN breakwater.events e ON e.workflow_id = r.workflow_id
    WHERE e.kind = 'wave-judged' AND e.wave IS NOT NULL AND r.verdict IS NOT NULL
      AND ($2::float8 IS NULL OR r.closed_at >= ${timestamp('$2')}) AND ($3::text IS NULL OR r.environment = $3)
      AND ($4::text IS NULL OR r.service = $4) AND ($5::text IS NULL OR r.name = $5) AND ($6::text IS NULL OR e.wave = $6)
    ORDER BY r.workflow_id, e.wave, e.ordinal
  ) AS first
  ORDER BY "closedAtMs" DESC, "workflowId" COLLATE "C" DESC, wave COLLATE "C" LIMIT $1`;

const HAND_IN = `INSERT INTO breakwater.post_mortems (workflow_id, digest, handed_in, handed_in_by, completed, fields, missing, runbook)
  VALUES ($1, $2, ${timestamp('$3')}, $4, $5, $6, $7::jsonb, $8) ON CONFLICT (workflow_id, digest) DO NOTHING`;

const POST_MORTEMS = `SELECT DISTINCT ON (workflow_id) workflow_id AS "workflowId", digest, ${epochMs('handed_in')} AS "atMs",
    handed_in_by AS "by", completed, fields, missing, runbook
  FROM breakwater.post_mortems WHERE workflow_id = ANY ($1::text[]) ORDER BY workflow_id, handed_in DESC, ordinal DESC`;

async function handIn(query: Query, postMortem: RecordedPostMortem) {
  const { workflowId, digest, atMs, by, completed, fields, missing, runbook } = postMortem;
  const { rowCount } = await query(HAND_IN, [workflowId, digest, atMs, by, completed, fields, JSON.stringify(missing), runbook]);
  if (rowCount === 0) return { facts: [], answer: undefined };
  const { rows } = await query<BindingRow>(`SELECT ${BINDING} FROM breakwater.runs AS run WHERE workflow_id = $1`, [workflowId]);
  return { facts: rows.map((row) => factOfPostMortem(bindingOf(row), postMortem)), answer: undefined };
}

/** The part of the records that keeps what waves have shown and what people learnt. */
export const waveRecords = ({ query }: Database, chain: Chain): Pick<Records, 'waves' | 'recordPostMortem' | 'postMortems'> => ({
  async waves({ limit, sinceMs, environment, service, name, wave }) {
    const values = [
      ...[storableLimit(limit), sinceMs === undefined ? null : storableTime(sinceMs, 'sinceMs')],
      ...[environment ?? null, service ?? null, name ?? null, wave ?? null],
    ];
    const { rows } = await query<WavePlace & { data: unknown }>('read verdicts of waves', WAVES, values);
    return rows.flatMap(({ data, ...place }) => readWave(place, data));
  },
  async recordPostMortem(given) {
    const postMortem = storablePostMortem(given);
    await runMustExist(
      postMortem.workflowId,
      chain('record a post-mortem', (send) => handIn(send, postMortem)),
    );
  },
  postMortems: async (workflowIds) => (await query<RecordedPostMortem>('read post-mortems', POST_MORTEMS, [[...workflowIds]])).rows,
});
