import type { Records, StartClaim } from '../ports.ts';
import { refused } from '../errors.ts';
import type { Database } from './database.ts';

/** The lowest place that is free; the primary key lets one of two have it. */
const CLAIM = `INSERT INTO breakwater.claimed_starts (scope, period, place, workflow_id)
  SELECT $1, $2, free.place, $4 FROM generate_series(1, $3::integer) AS free(place)
  WHERE NOT EXISTS (SELECT FROM breakwater.claimed_starts c WHERE c.scope = $1 AND c.period = $2 AND (c.place = free.place OR c.workflow_id = $4))
  ORDER BY free.place LIMIT 1 ON CONFLICT DO NOTHING`;

const HOLDERS = `SELECT workflow_id AS "workflowId", place FROM breakwater.claimed_starts WHERE scope = $1 AND period = $2 ORDER BY place LIMIT 1000`;

/** Each that fails to get a place leaves it to another: after so many tries there are no more. */
const triesOf = ({ runs }: StartClaim): number => runs + 1;

/** The part of the records that counts starts by schedules. */
export const claimRecords = ({ query }: Database): Pick<Records, 'claimStart'> => ({
  async claimStart(claim) {
    const { scope, period, runs, workflowId } = claim;
    if (!Number.isInteger(runs) || runs < 1 || runs > 1_000) throw refused(`${runs} starts: expected 1 to 1000`);
    for (let tries = 1; ; tries++) {
      await query('claim a start', CLAIM, [scope, period, runs, workflowId]);
      const { rows } = await query<{ workflowId: string; place: number }>('read claimed starts', HOLDERS, [scope, period]);
      const holders = rows.map((row) => row.workflowId);
      const isFull = rows.filter(({ place }) => place <= runs).length >= runs;
      if (holders.includes(workflowId)) return { isGranted: true, holders };
      if (isFull || tries === triesOf(claim)) return { isGranted: false, holders };
    }
  },
});
