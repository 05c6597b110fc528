import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { temporal } from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { searchAttributes as names } from '../../src/domain/search-attributes.ts';
import { bundleFromSource, quietRuntime, type Theatre } from '../workflows/harness/stage.ts';

const installer = fileURLToPath(new URL('../../scripts/time-skipping-server.sh', import.meta.url));
const INSTALL_WITHIN_MS = 300_000;

/** The program that runs the time-skipping server, fetched when it is not in the cache; undefined, with the reason, where it cannot be had. */
function findServer(): { path: string } | { reason: string } {
  const { status, stdout, stderr, error } = spawnSync(installer, { encoding: 'utf8', timeout: INSTALL_WITHIN_MS });
  if (status === 0) return { path: stdout.trim() };
  const reason = stderr.trim() || String(error ?? `exit code ${status}`);
  if (status === 3) return { reason };
  throw new Error(`${installer} failed: ${reason}`);
}

const found = findServer();

/** `describe` where the time-skipping server can be had; elsewhere skipped, and said so. BREAKWATER_REQUIRE_SERVERS=1 forbids the skip. */
export const describeWithTimeSkipping: jest.Describe = (() => {
  if ('path' in found) return describe;
  if (process.env['BREAKWATER_REQUIRE_SERVERS'] === '1') throw new Error(found.reason);
  console.warn(`SKIPPED: ${found.reason}`);
  return describe.skip;
})();

/** A server whose clock runs ahead whenever everybody waits, and the theatre that plays on it. */
export interface TimeMachine {
  env: TestWorkflowEnvironment;
  theatre: Omit<Theatre, 'close'>;
}

/** Our search attributes: this server refuses unknown ones, as the real one does. */
async function defineSearchAttributes({ connection, namespace }: TestWorkflowEnvironment): Promise<void> {
  const { INDEXED_VALUE_TYPE_KEYWORD } = temporal.api.enums.v1.IndexedValueType;
  const searchAttributes = Object.fromEntries(Object.keys(names).map((name) => [name, INDEXED_VALUE_TYPE_KEYWORD]));
  await connection.operatorService.addSearchAttributes({ namespace: namespace ?? 'default', searchAttributes });
}

let bundle: Promise<{ code: string }> | undefined;

/** The workflows, bundled once. */
export const bundled = (): Promise<{ code: string }> => (bundle ??= bundleFromSource());

/** The SDK gives the server five seconds to start, which a busy machine may need more than once. */
async function startServer(path: string, tries = 3): Promise<TestWorkflowEnvironment> {
  return TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } }).catch((error: unknown) => {
    if (tries <= 1) throw error;
    return startServer(path, tries - 1);
  });
}

/** Starts the server; `env.teardown()` stops it. */
export async function openTimeMachine(): Promise<TimeMachine> {
  if (!('path' in found)) throw new Error(found.reason);
  quietRuntime();
  const workflowBundle = await bundled();
  const env = await startServer(found.path);
  await defineSearchAttributes(env);
  const currentTimeMs = (): Promise<number> => env.currentTimeMs();
  return { env, theatre: { client: env.client, connection: env.nativeConnection, workflowBundle, currentTimeMs } };
}
