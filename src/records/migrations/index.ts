import type { MigrationBuilder } from 'node-pg-migrate';
import * as runsAndEvents from './0001_runs-and-events.ts';
import * as samples from './0002_samples.ts';
import * as leftovers from './0003_leftovers.ts';
import * as evidence from './0004_evidence.ts';
import * as downsampled from './0005_downsampled.ts';
import * as audit from './0006_audit.ts';
import * as claimedStarts from './0007_claimed-starts.ts';
import * as catalogue from './0008_catalogue.ts';

interface Migration {
  up(pgm: MigrationBuilder): void;
  down: false;
}

/** All migrations by file name; a file that has no line here is an error when migrating. Never edit one that was released. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001_runs-and-events': runsAndEvents,
  '0002_samples': samples,
  '0003_leftovers': leftovers,
  '0004_evidence': evidence,
  '0005_downsampled': downsampled,
  '0006_audit': audit,
  '0007_claimed-starts': claimedStarts,
  '0008_catalogue': catalogue,
};
