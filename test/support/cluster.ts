import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { missing } from './addresses.ts';
import { kubeconfig, KUBECONFIG } from './kubeconfig.ts';

export { apiServer, loadImage, machineAddress, restartApiServer } from './cluster-controls.ts';
export { askApi } from './cluster-api.ts';
export { kubeconfig } from './kubeconfig.ts';
export { databaseUrl, freshDir } from './addresses.ts';

const run = promisify(execFile);
const scripts = resolve('testbed/kubernetes');
/** A cold build on two cores takes up to 12 minutes; the cluster itself 10 seconds. */
const UP_WITHIN_MS = 25 * 60_000;
const CALL_WITHIN_MS = 60_000;
const MAX_OUTPUT = 64 * 1024 * 1024;

/** The images that every node has. There is no registry: pods name these, or one that `loadImage` made. */
export const images = {
  /** busybox with all its applets, and pkill and pgrep. */
  shell: 'localhost/busybox:1',
  /** One static program, /pause, that waits for SIGTERM: no shell, no kill, nothing else. */
  bare: 'localhost/pause:1',
} as const;

/**
 * `describe` for suites that need a Kubernetes cluster. The first suite that imports this file brings one up, for all suites of the run, and
 * waits for it; the end of the run takes it down. With BREAKWATER_TEST_KUBECONFIG that cluster is used, and nothing is started.
 * Where none can be had the suite is skipped, and said so; BREAKWATER_REQUIRE_SERVERS=1 makes that a failure.
 */
export const describeWithCluster: jest.Describe = bringUp();

function bringUp(): jest.Describe {
  if (process.env[KUBECONFIG]) return describe;
  const runDir = process.env['BREAKWATER_TEST_DIR'];
  if (!runDir) throw new Error(missing('BREAKWATER_TEST_DIR'));
  const { status, stdout } = spawnSync('bash', [join(scripts, 'up.sh'), join(runDir, 'kubernetes')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: UP_WITHIN_MS,
  });
  if (status === 0) {
    process.env[KUBECONFIG] = stdout.trim();
    return describe;
  }
  const why = 'no Kubernetes cluster could be brought up: see the lines that begin with "cluster:" or "kubernetes:" above';
  if (process.env['BREAKWATER_REQUIRE_SERVERS'] === '1') throw new Error(why);
  console.warn(`SKIPPED: ${why}`);
  return describe.skip;
}

/**
 * Runs kubectl as the administrator, without a shell. At most a minute.
 * @returns what it printed
 * @throws Error with what it said on stderr when it fails
 */
export function kubectl(...args: string[]): Promise<string> {
  return kubectlWithInput(undefined, ...args);
}

/** The same, with a document for `-f -`: `kubectlWithInput(pod, 'apply', '-f', '-')`. */
export async function kubectlWithInput(input: object | undefined, ...args: string[]): Promise<string> {
  const called = run(program(), [`--kubeconfig=${kubeconfig()}`, ...args], { timeout: CALL_WITHIN_MS, maxBuffer: MAX_OUTPUT });
  called.child.stdin?.end(input && JSON.stringify(input));
  return (await called).stdout;
}

/** Applies documents in the order given. */
export async function apply(...documents: object[]): Promise<void> {
  await kubectlWithInput({ apiVersion: 'v1', kind: 'List', items: documents }, 'apply', '-f', '-');
}

/** @returns a new namespace that pods can be made in; remove it with `kubectl('delete', 'namespace', name, '--wait=false')` */
export async function freshNamespace(name: string): Promise<string> {
  const namespace = `${name}-${randomUUID().slice(0, 8)}`;
  await kubectl('create', 'namespace', namespace);
  await kubectl('wait', '--for=create', 'serviceaccount/default', '--namespace', namespace, '--timeout=30s');
  return namespace;
}

/** Kills every process of this name in the pod's container by SIGKILL, from inside. Its first process is safe from that. */
export async function killInPod(namespace: string, pod: string, processName: string): Promise<void> {
  await kubectl('--namespace', namespace, 'exec', pod, '--', 'pkill', '-9', '-x', processName).catch((error: { code?: number }) => {
    if (error.code !== 128 + constants.signals.SIGKILL) throw error; // pkill went with the container, having done its work
  });
}

/** The program of the cluster's own version where the cluster is ours, else the one on PATH. */
function program(): string {
  const own = join(dirname(kubeconfig()), 'bin/kubectl');
  return existsSync(own) ? own : 'kubectl';
}
