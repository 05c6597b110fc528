import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openKubernetes } from '../../dist/adapters/kubernetes/index.js';
import { depopulate, populate } from '../lib/cluster-population.mjs';
import { startCluster } from '../lib/cluster.mjs';
import { say } from '../lib/pool.mjs';
import { aim, round, sumUp } from '../lib/statistics.mjs';

const [SECONDS, PEAK_MB, RATIO] = [5, 400, 2];
const program = fileURLToPath(new URL('../processes/discovery.mjs', import.meta.url));
const peak = new URL('../processes/peak.mjs', import.meta.url).href;

/** A run that hits one pod of the Deployment on one zone's nodes, so that owners, opt-in and facts of nodes are all asked for. */
const document = (namespace) => ({
  apiVersion: 'breakwater.dev/v1',
  kind: 'Experiment',
  metadata: { name: 'discovery', owner: 'bench', service: 'worker', environment: 'development' },
  hypothesis: 'nobody misses one of thousands',
  probes: { value: { provider: { kind: 'host', metric: 'load1' } } },
  steadyState: [{ probe: 'value', tolerance: { atLeast: 0 } }],
  stopConditions: [{ probe: 'value', below: 0 }],
  targets: {
    kind: 'pod',
    namespace,
    selector: 'app=worker,tier in (a,b,c)',
    owner: { kind: 'Deployment', name: 'worker' },
    nodes: { selector: `bench=${namespace}` },
  },
  fault: { kind: 'no-op' },
  selection: { count: 1 },
  blastRadius: { maxVictims: 1, maxConcurrent: 1, survivorsAtLeast: 1, coolDown: '0s' },
  timing: { baseline: '0s', hold: '1s', recoverWithin: '60s', stableFor: '0s' },
  waves: [{ name: 'dry-run', dryRun: true }, { name: 'single' }],
});

/** Looks in a process of its own, so that its memory is its own. */
async function looked(dir, way, input) {
  const file = join(dir, `${way}.json`);
  const env = { PATH: process.env.PATH, BENCH_PEAK_FILE: file, BENCH_DISCOVERY: JSON.stringify({ way, ...input }) };
  const child = fork(program, { execArgv: ['--import', peak], env, timeout: 300_000 });
  let answer;
  child.once('message', (message) => (answer = message));
  const [code] = await once(child, 'exit');
  if (code !== 0 || !answer) throw new Error(`${way} ended with exit code ${code}`);
  const { peakMb } = JSON.parse(await readFile(file, 'utf8'));
  const { found, seconds } = answer;
  say(`${way}: ${found} pods, ${seconds.map(round).join(' ')} s, ${round(peakMb)} MB`);
  return { found, seconds: sumUp(seconds), peakMb: round(peakMb) };
}

/**
 * Time and memory of finding one victim among thousands of pods on a real API server: the activity's own `choose`, beside a bare list of the same
 * pods in the same pages, of which nothing is kept.
 */
export async function kubernetesDiscovery({ quick }) {
  const size = quick ? { pods: 1_000, nodes: 40 } : { pods: 5_000, nodes: 200 };
  const dir = await mkdtemp(join(tmpdir(), 'breakwater-bench-discovery-'));
  const cluster = await startCluster();
  const namespace = `bench-${randomUUID().slice(0, 8)}`;
  const kubernetes = openKubernetes({ kubeconfig: cluster.kubeconfig, protectedNamespaces: [] });
  try {
    const startMs = performance.now();
    await populate(kubernetes, namespace, size);
    say(`made in ${Math.round((performance.now() - startMs) / 1_000)} s`);
    const input = { kubeconfig: cluster.kubeconfig, namespace, looks: quick ? 3 : 9, document: document(namespace) };
    const list = await looked(dir, 'list', input);
    const choose = await looked(dir, 'choose', input);
    for (const { found } of [list, choose]) if (found !== size.pods) throw new Error(`${found} pods were found, not ${size.pods}`);
    const ratio = round(choose.seconds.p50 / list.seconds.p50);
    return {
      ...{ ...size, list, choose, ratio, extraMb: round(choose.peakMb - list.peakMb) },
      aims: { seconds: aim(choose.seconds.p50, SECONDS), peakMb: aim(choose.peakMb, PEAK_MB), ratio: aim(ratio, RATIO) },
    };
  } finally {
    await depopulate(kubernetes, namespace);
    await cluster.stop();
    await rm(dir, { recursive: true, force: true });
  }
}
