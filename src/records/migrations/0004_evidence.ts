import type { MigrationBuilder } from 'node-pg-migrate';

/** What waves have shown, and what people learnt. */
export function up(pgm: MigrationBuilder): void {
  pgm.sql(`
    CREATE INDEX events_of_wave_verdicts ON breakwater.events (workflow_id, wave) WHERE kind = 'wave-judged';

    -- One row per wave of a run that has ended. A view, so that it can't contradict the events; the first verdict stands.
    CREATE VIEW breakwater.wave_verdicts AS
      SELECT DISTINCT ON (r.workflow_id, e.wave) r.workflow_id, r.name, r.service, r.environment, r.time_scale, r.closed_at,
        r.verdict AS run_verdict, e.wave, e.data
      FROM breakwater.runs r JOIN breakwater.events e ON e.workflow_id = r.workflow_id
      WHERE e.kind = 'wave-judged' AND e.wave IS NOT NULL AND r.verdict IS NOT NULL
      ORDER BY r.workflow_id, e.wave, e.ordinal;

    CREATE TABLE breakwater.post_mortems (
      workflow_id text NOT NULL REFERENCES breakwater.runs,
      digest      text NOT NULL,
      handed_in   timestamptz NOT NULL,
      handed_in_by text NOT NULL,
      completed   integer NOT NULL,
      fields      integer NOT NULL CHECK (fields > 0 AND completed BETWEEN 0 AND fields),
      missing     jsonb NOT NULL,
      runbook     text NOT NULL CHECK (runbook IN ('updated', 'not-needed', 'not-yet', 'unanswered')),
      ordinal     bigint GENERATED ALWAYS AS IDENTITY,
      PRIMARY KEY (workflow_id, digest)
    );
  `);
}

/** A record is never thrown away by a downgrade. */
export const down = false;
