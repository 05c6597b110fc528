import type { MigrationBuilder } from 'node-pg-migrate';

/** What was left behind is rare, and asked for while somebody waits: indexes that hold only that. */
export function up(pgm: MigrationBuilder): void {
  pgm.sql(`
    CREATE INDEX runs_with_leftovers ON breakwater.runs (workflow_id) WHERE result->'leftovers' <> '[]'::jsonb;
    CREATE INDEX events_of_leftovers ON breakwater.events (workflow_id)
      WHERE kind = 'leftover' OR (kind = 'janitor' AND data->>'outcome' = 'leftover');
  `);
}

/** A record is never thrown away by a downgrade. */
export const down = false;
