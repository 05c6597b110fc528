import type { MigrationBuilder } from 'node-pg-migrate';

/** What the probes answered. `value` is null exactly when `problem` says why. */
export function up(pgm: MigrationBuilder): void {
  pgm.sql(`
    CREATE TABLE breakwater.samples (
      workflow_id text NOT NULL REFERENCES breakwater.runs,
      probe       text NOT NULL,
      at          timestamptz NOT NULL,
      wave        text NOT NULL,
      iteration   integer NOT NULL,
      phase       text NOT NULL CHECK (phase IN ('baseline', 'fault', 'recovery', 'steady-state')),
      kind        text NOT NULL CHECK (kind IN ('value', 'no-data', 'error')),
      value       double precision CHECK (value > '-Infinity' AND value < 'Infinity'),
      problem     text,
      PRIMARY KEY (workflow_id, probe, at),
      CHECK ((kind = 'value') = (value IS NOT NULL) AND (kind = 'value') = (problem IS NULL))
    );
    -- Samples arrive in the order of time, so this stays tiny; it serves retention.
    CREATE INDEX samples_by_age ON breakwater.samples USING brin (at);
  `);
}

/** A record is never thrown away by a downgrade. */
export const down = false;
