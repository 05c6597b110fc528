import { setTimeout as delay } from 'node:timers/promises';
import { runChaosToolkit } from '../lib/chaos-toolkit.mjs';
import { startSleepers, stop } from '../lib/children.mjs';
import { hitOne } from '../lib/document.mjs';
import { runPool, say } from '../lib/pool.mjs';
import { profileTo, startWorkerProcess } from '../lib/stack.mjs';
import { aim, aimAtLeast, round, sumUp } from '../lib/statistics.mjs';
import { measured } from '../lib/usage.mjs';

/** A wait and no cost, so it is short. */
const HOLD = '100ms';
const SETTLE_MS = 1_000;
/** The lanes begin one after the other over this time: started all at once they would run in lockstep, and wait out their holds together. */
const BEGIN_OVER_MS = 6_000;

/** A machine that is too busy ends runs early, by a guard that goes blind or an order that expires: they are left out of the rate, and there may be few. */
const MIN_PASSED = 0.95;

/** Event types of a history, counted. */
async function countEvents(client, workflowId) {
  const { events } = await client.temporal.workflow.getHandle(workflowId).fetchHistory();
  const counts = {};
  const names = { 10: 'regular', 25: 'local', 26: 'signals', 5: 'workflowTasks' };
  for (const { eventType } of events) if (names[eventType]) counts[names[eventType]] = (counts[names[eventType]] ?? 0) + 1;
  return { events: events.length, ...counts };
}

const perRun = (count, atOnce, { seconds, cpuSeconds, processes }, latenciesMs) => ({
  runs: count,
  atOnce,
  seconds,
  perMinute: round((count / seconds) * 60),
  cpuSecondsPerRun: round(cpuSeconds / count),
  latencyMs: sumUp(latenciesMs),
  processes,
});

/** Only runs that passed count. @throws Error when too few did */
async function ours({ stack, world, worker }, { count, atOnce }) {
  const app = `no-op-${atOnce}`;
  const sleepers = await startSleepers(atOnce, app);
  const url = world.urlOf(app);
  const run = async (i, slot) => {
    if (i === slot) await delay((slot / atOnce) * BEGIN_OVER_MS);
    const startMs = performance.now();
    const document = hitOne({ name: app, app, slot, url, every: '1s', hold: HOLD });
    const { workflowId } = await stack.client.startExperiment({
      document,
      requestedBy: 'bench',
      idempotencyKey: `${app}-${Math.random()}`,
    });
    const result = await stack.client.waitForVerdict(workflowId, 120_000);
    if (!result || result.leftovers.length > 0) throw new Error(`${workflowId}: ${JSON.stringify(result)}`);
    return { workflowId, verdict: result.verdict, ms: performance.now() - startMs };
  };
  try {
    await runPool(Math.min(atOnce, 10), atOnce, run);
    await delay(SETTLE_MS);
    const pids = { worker: worker.pid, temporal: stack.temporal.pid, postgres: stack.postgres.pid };
    const used = await measured(pids, () => runPool(count, atOnce, run));
    const passed = used.value.filter(({ verdict }) => verdict === 'passed');
    if (passed.length < count * MIN_PASSED) throw new Error(`only ${passed.length} of ${count} runs passed: the machine is too busy`);
    const latenciesMs = passed.map(({ ms }) => ms);
    return {
      ...perRun(passed.length, atOnce, used, latenciesMs),
      notPassed: count - passed.length,
      hold: HOLD,
      lastWorkflowId: passed.at(-1).workflowId,
    };
  } finally {
    await Promise.all(sleepers.map((sleeper) => stop(sleeper, 'SIGKILL')));
  }
}

async function bare({ stack, worker, activities }, { count, atOnce }) {
  let number = 0;
  const run = async () => {
    const startMs = performance.now();
    await stack.client.temporal.workflow.execute('bare', {
      taskQueue: 'bare',
      workflowId: `bare.${atOnce}.${number++}`,
      args: [activities],
    });
    return performance.now() - startMs;
  };
  await runPool(Math.min(atOnce, 10), atOnce, run);
  await delay(SETTLE_MS);
  const used = await measured({ worker: worker.pid, temporal: stack.temporal.pid }, () => runPool(count, atOnce, run));
  return perRun(count, atOnce, used, used.value);
}

/** A no-op experiment: ours, a bare workflow with as many activities, and Chaos Toolkit, in sequence and at once. */
export async function noOp({ stack, world, quick, profile }) {
  const shapes = {
    inSequence: { count: quick ? 10 : 30, atOnce: 1 },
    atOnce: { count: quick ? 50 : 200, atOnce: 50 },
  };
  const measureAll = async (who, work) => {
    const found = {};
    for (const [shape, options] of Object.entries(shapes)) {
      say(`no-op: ${who}, ${options.count} runs, ${options.atOnce} at once`);
      found[shape] = await work(options);
    }
    return found;
  };
  const worker = await startWorkerProcess(stack, 'worker', 'breakwater', profileTo(profile));
  const breakwater = await measureAll('Breakwater', (options) => ours({ stack, world, worker }, options)).finally(worker.stop);
  const history = await countEvents(stack.client, breakwater.inSequence.lastWorkflowId);
  const bareWorker = await startWorkerProcess(stack, 'bare-worker', 'bare');
  const activities = { regular: history.regular, local: history.local };
  const bareWorkflow = await measureAll('bare workflow', (options) => bare({ stack, worker: bareWorker, activities }, options)).finally(
    bareWorker.stop,
  );
  const chaosToolkit = await measureAll('Chaos Toolkit', runChaosToolkit);
  const ratios = (shape) => ({
    rateOverChaosToolkit: aimAtLeast(round(breakwater[shape].perMinute / chaosToolkit[shape].perMinute), 3),
    costOverBareWorkflow: aim(round(breakwater[shape].cpuSecondsPerRun / bareWorkflow[shape].cpuSecondsPerRun), 1.3),
  });
  return { history, breakwater, bareWorkflow, chaosToolkit, ratios: { inSequence: ratios('inSequence'), atOnce: ratios('atOnce') } };
}
