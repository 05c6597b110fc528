import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { say } from './pool.mjs';

const run = promisify(execFile);
const script = (name) => fileURLToPath(new URL(`../../testbed/kubernetes/${name}`, import.meta.url));
/** A cold build on two cores takes up to 12 minutes. */
const UP_WITHIN_MS = 18 * 60_000;

/** A real cluster for a part of the bench: that of BREAKWATER_TEST_KUBECONFIG, or one of its own that is taken down at the end. */
export async function startCluster() {
  const given = process.env.BREAKWATER_TEST_KUBECONFIG;
  if (given) return { kubeconfig: given, stop: () => Promise.resolve() };
  const folder = join(await mkdtemp(join(tmpdir(), 'breakwater-bench-k8s-')), 'cluster');
  const stop = async () => {
    await run(script('down.sh'), [folder], { timeout: 120_000 });
    await rm(join(folder, '..'), { recursive: true, force: true });
  };
  try {
    say('bringing a cluster up');
    const { stdout } = await run(script('up.sh'), [folder], { timeout: UP_WITHIN_MS });
    return { kubeconfig: stdout.trim(), stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}
