import { setTimeout as delay } from 'node:timers/promises';
import { query } from '../../dist/sandbox/servers/postgres.js';
import { startSleeper, stop } from '../lib/children.mjs';
import { hitOne } from '../lib/document.mjs';
import { runPool, say, until } from '../lib/pool.mjs';
import { profileTo, startWorkerProcess } from '../lib/stack.mjs';
import { aim, round, sumUp } from '../lib/statistics.mjs';
import { measured, usageOf } from '../lib/usage.mjs';

const EVERY_MS = 1_000;
const STARTS_PER_SECOND = 10;
/** More would only queue at the server. */
const STARTING_AT_ONCE = 16;
const MAX_ATTEMPTS = 3;
/** How often a run whose victim still lives is asked whether it has ended. */
const LOOK_EVERY_MS = 5_000;
const WARM_UP_RUNS = 5;
const SETTLE_MS = 10_000;
/** Samples are written in batches of seconds. */
const RECORDED_AFTER_MS = 5_000;
const MAX_MB_PER_RUN = 0.5;
const MAX_LATENESS_MS = 100;
const APP = 'held';

/** Starts a run on a victim of its own and waits until the victim is killed: then the run holds. A kill keeps the process table small. */
async function startRun({ stack, world }, slot, hold) {
  const victim = await startSleeper(APP, slot);
  const name = `${APP}-${slot}`;
  const document = hitOne({ name, app: APP, slot, url: world.urlOf(name), every: `${EVERY_MS}ms`, hold, fault: 'process-kill' });
  const { workflowId } = await stack.client.startExperiment({ document, requestedBy: 'bench', idempotencyKey: name });
  const isRunning = async () => (await stack.client.temporal.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING';
  let lookedMs = performance.now();
  let isOver = false;
  await until(`${workflowId} kills its victim`, 120_000, 50, async () => {
    if (victim.signalCode !== null) return true;
    if (performance.now() - lookedMs < LOOK_EVERY_MS) return false;
    lookedMs = performance.now();
    return (isOver = !(await isRunning()));
  });
  if (isOver) await stop(victim, 'SIGKILL');
  return { workflowId, isOver };
}

/** Starts a run that holds. On a machine that is too busy an order expires or a guard goes blind: the run ends, as it must, and another is tried. */
async function startHeld(context, slot, restarts) {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const run = await startRun(context, `${slot}-${attempt}`, '30m');
    if (!run.isOver) return;
    const { reason } = (await context.stack.client.waitForVerdict(run.workflowId, 10_000)) ?? { reason: 'no result' };
    restarts.push(reason);
  }
  throw new Error(`run ${slot} would not hold in ${MAX_ATTEMPTS} attempts: ${restarts.slice(-MAX_ATTEMPTS).join('; ')}`);
}

/**
 * How late each sample of one run is on the run's own grid of one second. The grid is the one that makes its most punctual sample punctual;
 * a tick without a sample counts as one whole interval late.
 */
export function latenessOf(timesMs) {
  const [first = 0] = timesMs;
  const ticks = timesMs.map((atMs) => Math.round((atMs - first) / EVERY_MS));
  const offsets = timesMs.map((atMs, i) => atMs - first - ticks[i] * EVERY_MS);
  const punctual = Math.min(...offsets);
  const skipped = timesMs.length === 0 ? 0 : ticks.at(-1) + 1 - new Set(ticks).size;
  return [...offsets.map((offset) => offset - punctual), ...Array(skipped).fill(EVERY_MS)];
}

/** When each run asked its probe, by the records: the worker's own clock at the instant of asking. */
async function readTimes(stack, fromMs, toMs) {
  const { rows } = await query(
    stack.postgres.url('breakwater'),
    `SELECT workflow_id, array_agg(extract(epoch FROM at)::float8 * 1000 ORDER BY at) AS times FROM breakwater.samples
     WHERE phase = 'fault' AND at >= to_timestamp($1::float8 / 1000) AND at < to_timestamp($2::float8 / 1000) GROUP BY workflow_id`,
    [fromMs, toMs],
  );
  return rows.map(({ times }) => times);
}

/** Many runs held at once: are their samples on time, and what does a run cost? */
export async function held({ stack, world, quick, profile, runs = quick ? 200 : 1_000 }) {
  const watchMs = quick ? 15_000 : 60_000;
  const worker = await startWorkerProcess(stack, 'worker', 'breakwater', profileTo(profile));
  const pids = { worker: worker.pid, temporal: stack.temporal.pid, postgres: stack.postgres.pid };
  for (let i = 0; i < WARM_UP_RUNS; i++) {
    const { workflowId } = await startRun({ stack, world }, `warm-up-${i}`, '500ms');
    await stack.client.waitForVerdict(workflowId, 60_000);
  }
  const idle = usageOf(worker.pid).residentMb;
  say(`held: starting ${runs} runs, ${STARTS_PER_SECOND} a second`);
  let started = 0;
  const restarts = [];
  const startMs = performance.now();
  await runPool(runs, STARTING_AT_ONCE, async (i) => {
    await delay(Math.max(0, (i / STARTS_PER_SECOND) * 1_000 - (performance.now() - startMs)));
    await startHeld({ stack, world }, i, restarts);
    started++;
    if (started % 100 === 0) say(`held: ${started} runs hold`);
  });
  const startSeconds = (performance.now() - startMs) / 1_000;
  await delay(SETTLE_MS);
  say(`held: watching for ${watchMs / 1_000} s`);
  let arrivals = 0;
  world.onRequest(() => arrivals++);
  const fromMs = Date.now();
  const used = await measured(pids, () => delay(watchMs));
  const asked = arrivals;
  const toMs = Date.now();
  await delay(RECORDED_AFTER_MS);
  const { count: heldToTheEnd } = await stack.client.temporal.workflow.count(`ExecutionStatus = 'Running' AND WorkflowType = 'experiment'`);
  await worker.stop();
  const times = await readTimes(stack, fromMs, toMs);
  const latenessMs = sumUp(times.flatMap(latenessOf));
  const mbPerRun = round((used.processes.worker.residentMb - idle) / runs);
  const cores = Object.fromEntries(
    Object.entries(used.processes).map(([name, { cpuSeconds }]) => [name, round(cpuSeconds / used.seconds)]),
  );
  return {
    runs,
    heldToTheEnd,
    restarts,
    sampled: times.length,
    startSeconds: round(startSeconds),
    watchedSeconds: used.seconds,
    requests: asked,
    latenessMs,
    memoryMb: { idle: round(idle), held: used.processes.worker.residentMb, perRun: mbPerRun },
    cores,
    aims: { latenessP99Ms: aim(latenessMs.p99, MAX_LATENESS_MS), mbPerRun: aim(mbPerRun, MAX_MB_PER_RUN) },
  };
}
