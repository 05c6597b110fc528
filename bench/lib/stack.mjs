import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BreakwaterClient } from '../../dist/client.js';
import { removePostgresData, startPostgres } from '../../dist/sandbox/servers/postgres.js';
import { startTemporal } from '../../dist/sandbox/servers/temporal.js';
import { start, stop } from './children.mjs';
import { say, until } from './pool.mjs';

/** Most runs of any part; more than the ledger allows by itself. */
const RUNS_AT_ONCE = 1_000;

const program = (name) => fileURLToPath(new URL(`../processes/${name}.mjs`, import.meta.url));

/** Starts the servers, as `breakwater up` does, on a folder of their own that is removed at the end. */
export async function startStack() {
  const dir = await mkdtemp(join(tmpdir(), 'breakwater-bench-'));
  await mkdir(join(dir, 'home'));
  const undo = [() => rm(dir, { recursive: true, force: true })];
  const stopAll = async () => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const temporal = await startTemporal({ dataDir: join(dir, 'temporal'), settings: undefined, log: say });
    undo.push(() => temporal.stop());
    const postgres = await startPostgres({ dataDir: join(dir, 'postgres'), databases: ['breakwater'], log: say });
    undo.push(async () => {
      await postgres.stop();
      await removePostgresData(join(dir, 'postgres'));
    });
    const client = await BreakwaterClient.connect({ connection: { address: temporal.address } });
    undo.push(() => client.close());
    const env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TEMPORAL_ADDRESS: temporal.address,
      BREAKWATER_DATABASE_URL: postgres.url('breakwater'),
      BREAKWATER_HOME: join(dir, 'home'),
      BREAKWATER_LOG_LEVEL: 'warn',
      BREAKWATER_PROCESS: '1',
    };
    return { temporal, postgres, client, env, stop: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** Node's arguments that write a CPU profile of each thread into a folder when the process ends. */
export const profileTo = (folder) => (folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]);

/** Queues that a worker polls, with the kind of their tasks: 1 workflows, 2 activities. */
const queuesOf = (taskQueue, role) => [
  ...(role === 'site' ? [] : [[taskQueue, 1]]),
  ...(role === 'control' ? [] : [[`${taskQueue}.local`, 2]]),
];

/** Starts a worker in a process of its own and waits until Temporal sees it poll its queues. `args` go to Node. */
export async function startWorkerProcess(stack, name, taskQueue, args = [], role = 'all') {
  const env = { ...stack.env, BREAKWATER_TASK_QUEUE: taskQueue, BREAKWATER_ROLE: role, BREAKWATER_JANITOR_EVERY: 'off' };
  const child = await start(process.execPath, [...args, program(name)], { env });
  const polls = async ([queue, taskQueueType]) => {
    const { pollers } = await stack.client.temporal.workflowService.describeTaskQueue({
      namespace: 'default',
      taskQueue: { name: queue },
      taskQueueType,
    });
    return (pollers ?? []).some(({ identity }) => identity?.startsWith(`${child.pid}@`));
  };
  await until(`the ${name} process polls`, 30_000, 100, async () => {
    if (child.exitCode !== null) throw new Error(`the ${name} process ended with ${child.exitCode}`);
    return (await Promise.all(queuesOf(taskQueue, role).map(polls))).every(Boolean);
  });
  if (name === 'worker' && role !== 'site') await raiseLimits(stack);
  return { pid: child.pid, stop: () => stop(child), kill: () => stop(child, 'SIGKILL') };
}

/** The ledger's caps are meant to keep runs from each other; here they would queue. Once per stack, by a worker that can answer. */
async function raiseLimits(stack) {
  stack.limits ??= stack.client.setLimits(
    'development',
    { perScope: RUNS_AT_ONCE, maxConcurrentVictims: 2 * RUNS_AT_ONCE },
    { by: 'bench' },
  );
  await stack.limits;
}
