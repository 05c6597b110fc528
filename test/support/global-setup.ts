import { chmod, mkdtemp } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../src/sandbox/servers/postgres.ts';
import { startTemporal } from '../../src/sandbox/servers/temporal.ts';
import stopShared from './global-teardown.ts';

/** Starts what is not given already. Runs in the parent of all test processes, which inherit the environment; for a second project does nothing. */
export default async function startShared(): Promise<void> {
  if (process.env['BREAKWATER_TEST_DIR']) return;
  const dir = await mkdtemp(join(tmpdir(), 'breakwater-test-'));
  await chmod(dir, 0o755); // PostgreSQL's account must be able to pass through
  process.env['BREAKWATER_TEST_DIR'] = dir;
  stopWhenKilled();
  const outcomes = await Promise.allSettled([
    give('BREAKWATER_TEST_TEMPORAL', async () => (await startTemporal({ dataDir: join(dir, 'temporal'), settings: undefined })).address),
    give('BREAKWATER_TEST_DATABASE_URL', async () =>
      (await startPostgres({ dataDir: join(dir, 'postgres'), databases: ['breakwater_test'], log: () => {} })).url('breakwater_test'),
    ),
  ]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (!failed) return;
  await stopShared(); // jest runs no tear-down after a failed set-up
  throw failed.reason;
}

async function give(variable: string, start: () => Promise<string>): Promise<void> {
  if (process.env[variable]) return;
  try {
    process.env[variable] = await start();
  } catch (error) {
    if (process.env['BREAKWATER_REQUIRE_SERVERS'] === '1') throw error;
    console.warn(`\n${variable}: no server, so every suite that needs it is SKIPPED. ${(error as Error).message}\n`);
  }
}

/** Jest runs no tear-down when it is interrupted or timed out from outside. */
function stopWhenKilled(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void stopShared().finally(() => process.exit(128 + constants.signals[signal])));
  }
}
