import type { MigrationBuilder } from 'node-pg-migrate';

/** What is kept of a signal when its samples are too old to be kept: buckets for a while, and its numbers for ever. */
export function up(pgm: MigrationBuilder): void {
  pgm.sql(`
    CREATE TABLE breakwater.sample_buckets (
      workflow_id text NOT NULL REFERENCES breakwater.runs,
      probe       text NOT NULL,
      wave        text NOT NULL,
      iteration   integer NOT NULL,
      phase       text NOT NULL,
      from_at     timestamptz NOT NULL,
      to_at       timestamptz NOT NULL,
      "values"    integer NOT NULL,
      problems    integer NOT NULL,
      min         double precision,
      min_at      timestamptz,
      max         double precision,
      max_at      timestamptz,
      mean        double precision,
      last        double precision,
      last_at     timestamptz,
      problem     text,
      problem_at  timestamptz,
      PRIMARY KEY (workflow_id, probe, from_at)
    );

    -- wave and iteration are null where the numbers are of all of them.
    CREATE TABLE breakwater.sample_numbers (
      workflow_id text NOT NULL REFERENCES breakwater.runs,
      probe       text NOT NULL,
      ordinal     integer NOT NULL,
      wave        text,
      iteration   integer,
      phase       text NOT NULL,
      from_at     timestamptz NOT NULL,
      to_at       timestamptz NOT NULL,
      "values"    integer NOT NULL,
      problems    integer NOT NULL,
      min         double precision,
      p05         double precision,
      median      double precision,
      p95         double precision,
      max         double precision,
      mean        double precision,
      course      double precision[] NOT NULL,
      PRIMARY KEY (workflow_id, probe, ordinal)
    );

    -- Retention asks for runs that ended long ago.
    CREATE INDEX runs_by_end ON breakwater.runs (closed_at);
  `);
}

/** A record is never thrown away by a downgrade. */
export const down = false;
