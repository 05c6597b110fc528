import { setTimeout as delay } from 'node:timers/promises';
import { startSleepers, stop } from '../lib/children.mjs';
import { hitOne } from '../lib/document.mjs';
import { runPool, say, until } from '../lib/pool.mjs';
import { startWorkerProcess } from '../lib/stack.mjs';
import { round, sumUp } from '../lib/statistics.mjs';
import { readStat } from '../lib/usage.mjs';

const APP = 'halted';
const STARTING_AT_ONCE = 10;
const SETTLE_MS = 3_000;
const LOOK_EVERY_MS = 2;

const isStopped = ({ pid }) => readStat(pid)?.state === 'T';

/** How long after `startMs` each victim runs again. */
async function undoneMs(victims, startMs) {
  const times = new Map();
  await until('every victim runs again', 60_000, LOOK_EVERY_MS, () => {
    for (const victim of victims) if (!times.has(victim) && !isStopped(victim)) times.set(victim, performance.now() - startMs);
    return times.size === victims.length;
  });
  return [...times.values()];
}

/** Many live runs, each with a paused victim: from the halt until the last victim runs again. The victims themselves are looked at. */
export async function halt({ stack, world, quick, runs = quick ? 20 : 100 }) {
  const worker = await startWorkerProcess(stack, 'worker', 'breakwater');
  const victims = await startSleepers(runs, APP);
  say(`halt: starting ${runs} runs`);
  await runPool(runs, STARTING_AT_ONCE, async (slot) => {
    const name = `${APP}-${slot}`;
    const document = hitOne({ name, app: APP, slot, url: world.urlOf(name), every: '1s', hold: '10m' });
    await stack.client.startExperiment({ document, requestedBy: 'bench', idempotencyKey: name });
    await until(`${name} pauses its victim`, 60_000, 20, () => isStopped(victims[slot]));
  });
  await delay(SETTLE_MS);
  const paused = victims.filter(isStopped).length;
  if (paused < runs) throw new Error(`halt: ${runs - paused} of ${runs} runs had ended before the halt`);
  say(`halt: ${paused} victims are paused; halting`);
  const startMs = performance.now();
  const [outcome, undone] = await Promise.all([
    stack.client.halt({ environment: 'development', by: 'bench', reason: 'measured' }, 120_000),
    undoneMs(victims, startMs),
  ]);
  const closedMs = performance.now() - startMs;
  await stack.client.liftHalt('development', { by: 'bench', reason: 'measured' });
  await worker.stop();
  await Promise.all(victims.map((victim) => stop(victim, 'SIGKILL')));
  const { stopped, left, leftovers, verdicts, lastUndoMs } = outcome;
  return {
    runs,
    paused,
    stopped,
    left: left.length,
    leftovers: leftovers.length,
    verdicts,
    victimRunsAgainMs: sumUp(undone),
    lastUndoByRunsMs: lastUndoMs,
    allClosedMs: round(closedMs),
  };
}
