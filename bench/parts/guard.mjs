import { setTimeout as delay } from 'node:timers/promises';
import { startSleepers, stop } from '../lib/children.mjs';
import { hitOne } from '../lib/document.mjs';
import { runPool, say, until } from '../lib/pool.mjs';
import { startWorkerProcess } from '../lib/stack.mjs';
import { aim, sumUp } from '../lib/statistics.mjs';
import { readStat } from '../lib/usage.mjs';

const OTHERS = 50;
/** The steps of a trial that starts would delay those of one that stops: the aim is for other runs that are live. */
const TRIALS_AT_ONCE = 1;
const LOOK_EVERY_MS = 2;
/** What the aim allows beyond the sampling interval. */
const ALLOWANCE_MS = 150;
const STARTS_PER_SECOND = 10;

const isStopped = ({ pid }) => readStat(pid)?.state === 'T';

/** Starts one run that pauses `sleeper`, and waits until it is paused. */
async function startHeld({ stack, world }, { app, slot, every, sleeper }) {
  const name = `${app}-${slot}`;
  const document = hitOne({ name, app, slot, url: world.urlOf(name), every, hold: '10m' });
  const { workflowId } = await stack.client.startExperiment({ document, requestedBy: 'bench', idempotencyKey: `${name}-${Math.random()}` });
  await until(`${workflowId} pauses its victim`, 60_000, 20, () => isStopped(sleeper));
  return { workflowId, name };
}

async function finish(stack, workflowId, verdict) {
  const result = await stack.client.waitForVerdict(workflowId, 60_000);
  if (result?.verdict !== verdict || result.leftovers.length > 0) throw new Error(`${workflowId}: ${JSON.stringify(result)}`);
  return result;
}

/** One breach: from the moment that the world breaks until the victim runs again. */
async function trial(context, held, everyMs, sleeper) {
  const { stack, world } = context;
  const { workflowId, name } = await startHeld(context, held);
  await delay(200 + Math.random() * everyMs);
  const brokenMs = performance.now();
  world.breakIt(name);
  await until(`${workflowId} undoes`, 30_000, LOOK_EVERY_MS, () => !isStopped(sleeper));
  const ms = performance.now() - brokenMs;
  world.mend(name);
  const { stopLatencyMs } = await finish(stack, workflowId, 'aborted');
  return { ms, stopLatencyMs };
}

async function breaches(context, { trials, every, everyMs }) {
  const { stack } = context;
  const [othersApp, app] = [`others-${every}`, `trial-${every}`];
  const others = await startSleepers(OTHERS, othersApp);
  const victims = await startSleepers(TRIALS_AT_ONCE, app);
  say(`guard: ${OTHERS} other runs at ${every}`);
  try {
    const held = await runPool(OTHERS, STARTS_PER_SECOND, (slot) =>
      startHeld(context, { app: othersApp, slot, every, sleeper: others[slot] }),
    );
    say(`guard: ${trials} breaches at ${every} sampling, ${TRIALS_AT_ONCE} at once`);
    const seen = await runPool(trials, TRIALS_AT_ONCE, (_i, slot) =>
      trial(context, { app, slot, every, sleeper: victims[slot] }, everyMs, victims[slot]),
    );
    const stillHeld = others.filter(isStopped).length;
    await runPool(OTHERS, 10, async (i) => {
      await stack.client.abort(held[i].workflowId, { by: 'bench', reason: 'measured' });
      await finish(stack, held[i].workflowId, 'aborted');
    });
    const breachToUndoneMs = sumUp(seen.map(({ ms }) => ms));
    return {
      otherRuns: stillHeld,
      breachToUndoneMs,
      stopLatencyMs: sumUp(seen.map(({ stopLatencyMs }) => stopLatencyMs)),
      aim: aim(breachToUndoneMs.p99, everyMs + ALLOWANCE_MS),
    };
  } finally {
    await Promise.all([...others, ...victims].map((sleeper) => stop(sleeper, 'SIGKILL')));
  }
}

/** How fast the guard undoes after the world breaks, at two sampling intervals, with other runs live. */
export async function guard({ stack, world, quick }) {
  const worker = await startWorkerProcess(stack, 'worker', 'breakwater');
  const trials = quick ? 12 : 60;
  try {
    return {
      '1s': await breaches({ stack, world }, { trials, every: '1s', everyMs: 1_000 }),
      '100ms': await breaches({ stack, world }, { trials, every: '100ms', everyMs: 100 }),
    };
  } finally {
    await worker.stop();
  }
}
