import type { Config } from '../../config.ts';
import { checkAudit, noAudit } from './audit.ts';
import { clockOf, missingMigrations } from './database-facts.ts';
import { judgeClock } from './clock.ts';
import { fail, ok, orFail, warn, type Finding } from './finding.ts';

const NO_URL = 'set BREAKWATER_DATABASE_URL to postgres://user:password@host:port/database, or `breakwater up`';

async function checkMigrations(url: string): Promise<Finding> {
  const missing = await missingMigrations(url);
  if (missing.length === 0) return ok('database schema', 'up to date');
  return warn('database schema', `not yet migrated: ${missing.join(', ')}`, 'a worker migrates it when it starts: `breakwater worker`');
}

/** Records database: answers, clock, migrations, audit log. */
export async function checkDatabase({ databaseUrl, audit }: Config): Promise<Finding[]> {
  if (databaseUrl === undefined) return [fail('database', 'BREAKWATER_DATABASE_URL is not set', NO_URL)];
  const beforeMs = Date.now();
  try {
    const theirsMs = await clockOf(databaseUrl);
    const afterMs = Date.now();
    const schema = await checkMigrations(databaseUrl).catch(
      orFail('database schema', 'the user of BREAKWATER_DATABASE_URL must be able to read the schema breakwater'),
    );
    const chain = schema.status === 'ok' ? await checkAudit(databaseUrl, audit).catch((cause: unknown) => [noAudit(cause)]) : [];
    return [
      ok('database', `answers in ${afterMs - beforeMs} ms`),
      judgeClock('the database', theirsMs, beforeMs, afterMs),
      schema,
      ...chain,
    ];
  } catch (cause) {
    return [orFail('database', 'start PostgreSQL, or correct BREAKWATER_DATABASE_URL')(cause)];
  }
}
