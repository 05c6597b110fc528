import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../dist/config.js';
import { runToEnd } from './children.mjs';
import { runPool, say } from './pool.mjs';
import { round } from './statistics.mjs';
import { reapedCpuSeconds } from './usage.mjs';

const VERSION = '1.19';
const experiment = fileURLToPath(new URL('../processes/no-op.json', import.meta.url));

/** Finds `chaos` in a virtual environment of the cache folder, installed from PyPI the first time. */
async function findChaos() {
  const folder = join(cacheFolder(), `chaostoolkit-${VERSION}`);
  const command = join(folder, 'bin', 'chaos');
  const isThere = () =>
    access(command).then(
      () => true,
      () => false,
    );
  if (await isThere()) return command;
  say(`installing Chaos Toolkit ${VERSION} into ${folder}`);
  await mkdir(folder, { recursive: true });
  await runToEnd('python3', ['-m', 'venv', folder], { withinMs: 120_000 });
  await runToEnd(join(folder, 'bin', 'pip'), ['install', '--quiet', `chaostoolkit==${VERSION}.*`], { withinMs: 300_000 });
  return command;
}

/**
 * Runs the no-op experiment with Chaos Toolkit, one process per run as its users do.
 * CPU seconds are those of the processes that ended, from this process's own account of its children.
 */
export async function runChaosToolkit({ count, atOnce }) {
  const command = await findChaos();
  const dir = await mkdtemp(join(tmpdir(), 'breakwater-bench-chaos-'));
  const args = (i) => [
    '--no-version-check',
    '--log-file',
    join(dir, `${i}.log`),
    'run',
    '--journal-path',
    join(dir, `${i}.json`),
    experiment,
  ];
  const env = { PATH: process.env.PATH, HOME: dir, PYTHONDONTWRITEBYTECODE: '1' };
  try {
    const run = (i) => runToEnd(command, args(i), { withinMs: 60_000, cwd: dir, env, stdio: 'ignore' });
    await run('warm-up');
    const before = reapedCpuSeconds();
    const startMs = performance.now();
    await runPool(count, atOnce, run);
    const seconds = (performance.now() - startMs) / 1_000;
    const cpuSeconds = reapedCpuSeconds() - before;
    return {
      runs: count,
      atOnce,
      seconds: round(seconds),
      perMinute: round((count / seconds) * 60),
      cpuSecondsPerRun: round(cpuSeconds / count),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
