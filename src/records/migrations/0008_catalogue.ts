import type { MigrationBuilder } from 'node-pg-migrate';

/** Experiments as `breakwater sync` found them in a checkout. A statement of review proves itself by its signature, not by standing here. */
export function up(pgm: MigrationBuilder): void {
  pgm.sql(`
    CREATE TABLE breakwater.catalogue (
      name        text NOT NULL,
      environment text NOT NULL,
      service     text NOT NULL,
      owner       text NOT NULL,
      digest      text NOT NULL,
      document    jsonb NOT NULL,
      path        text NOT NULL,
      commit      text NOT NULL,
      statement   text,
      managed_by  text NOT NULL,
      at          timestamptz NOT NULL,
      PRIMARY KEY (name, environment)
    );
    CREATE INDEX catalogue_by_digest ON breakwater.catalogue (digest);
  `);
}

/** A record is never thrown away by a downgrade. */
export const down = false;
