import type { MigrationBuilder } from 'node-pg-migrate';

/** Starts by schedules that are counted: one row for each place that was taken, so that the database itself keeps the count. */
export function up(pgm: MigrationBuilder): void {
  pgm.sql(`
    CREATE TABLE breakwater.claimed_starts (
      scope       text NOT NULL,
      period      text NOT NULL,
      place       integer NOT NULL,
      workflow_id text NOT NULL,
      claimed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (scope, period, place),
      UNIQUE (scope, period, workflow_id)
    );
  `);
}

/** A record is never thrown away by a downgrade. */
export const down = false;
