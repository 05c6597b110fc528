import { spawn, spawnSync } from 'node:child_process';
import startShared from './global-setup.ts';

/**
 * For suites in a Kubernetes cluster: Temporal and PostgreSQL as for all others, and Kubernetes is built, if it was not yet, while other suites run,
 * on what processor time they leave. The cluster itself comes up with the first suite that needs it (cluster.ts), so nobody else waits for it.
 */
export default async function startSharedAndBuild(): Promise<void> {
  await startShared();
  if (process.env['BREAKWATER_TEST_KUBECONFIG']) return;
  const check = spawnSync('bash', ['testbed/kubernetes/up.sh', '--check'], { stdio: 'ignore' }); // the first suite says what is missing
  if (check.status === 0) buildInBackground();
}

/** A failure shows later: the cluster's up.sh waits for this build, or builds anew and says what is wrong. */
function buildInBackground(): void {
  const build = spawn('nice', ['-n', '19', 'sh', 'tools/kubernetes/build.sh'], { detached: true, stdio: ['ignore', 'ignore', 'inherit'] });
  build.once('error', () => {});
  build.unref();
  const end = () => {
    try {
      if (build.pid) process.kill(-build.pid, 'SIGTERM'); // the group: with its compilers
    } catch {
      // it ended by itself a moment ago
    }
  };
  process.once('exit', end);
  build.once('exit', () => process.removeListener('exit', end));
}
