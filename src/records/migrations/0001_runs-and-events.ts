import type { MigrationBuilder } from 'node-pg-migrate';

/** Runs with their verdicts, and the events that explain them. */
export function up(pgm: MigrationBuilder): void {
  pgm.sql(`
    CREATE TABLE breakwater.runs (
      workflow_id  text PRIMARY KEY,
      run_id       text NOT NULL,
      name         text NOT NULL,
      service      text NOT NULL,
      environment  text NOT NULL,
      owner        text NOT NULL,
      ticket       text,
      plan_digest  text NOT NULL,
      seed         bigint NOT NULL,
      time_scale   double precision NOT NULL,
      requested_by text NOT NULL,
      site         text NOT NULL,
      started_at   timestamptz NOT NULL,
      experiment   jsonb NOT NULL,
      closed_at    timestamptz,
      verdict      text,
      reason       text,
      result       jsonb,
      CHECK ((verdict IS NULL) = (closed_at IS NULL))
    );
    CREATE INDEX runs_newest ON breakwater.runs (started_at DESC, workflow_id DESC);
    CREATE INDEX runs_of_service ON breakwater.runs (service, environment, started_at DESC);

    CREATE TABLE breakwater.events (
      workflow_id text NOT NULL REFERENCES breakwater.runs,
      key         text NOT NULL,
      at          timestamptz NOT NULL,
      kind        text NOT NULL,
      wave        text,
      iteration   integer,
      data        jsonb NOT NULL,
      ordinal     bigint GENERATED ALWAYS AS IDENTITY,
      PRIMARY KEY (workflow_id, key)
    );
    CREATE INDEX events_in_order ON breakwater.events (workflow_id, at, ordinal);

    -- One row per wave and iteration. A view, so that it can't contradict the events.
    CREATE VIEW breakwater.wave_results AS
      SELECT DISTINCT ON (workflow_id, wave, iteration) workflow_id, wave, iteration, at AS judged_at, data AS outcome
      FROM breakwater.events
      WHERE kind = 'judged' AND wave IS NOT NULL
      ORDER BY workflow_id, wave, iteration, at DESC, ordinal DESC;
  `);
}

/** A record is never thrown away by a downgrade. */
export const down = false;
