import { setTimeout as delay } from 'node:timers/promises';
import { startSleeper, stop } from '../lib/children.mjs';
import { hitOne } from '../lib/document.mjs';
import { say, until } from '../lib/pool.mjs';
import { startWorkerProcess } from '../lib/stack.mjs';
import { aim, sumUp } from '../lib/statistics.mjs';
import { readStat } from '../lib/usage.mjs';

const LOOK_EVERY_MS = 2;
/** A run on a machine that is too busy goes blind by itself, as it must: then another is tried. */
const MAX_ATTEMPTS = 5;
/** Who stands by: the roles of all processes, which one dies, and the most that the undo may take at p99. */
const CASTS = {
  'two workers': { roles: ['all', 'all'], dies: 'all', p99Ms: 3_000 },
  'two site workers, one control worker': { roles: ['control', 'site', 'site'], dies: 'site', p99Ms: 2_000 },
};

const isStopped = ({ pid }) => readStat(pid)?.state === 'T';

/** The process that runs the guard now; undefined when none does. */
async function guardedBy({ client }, workflowId) {
  const { raw } = await client.temporal.workflow.getHandle(workflowId).describe();
  const guard = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'guardWave');
  const [pid] = guard?.lastWorkerIdentity?.split('@') ?? [];
  return pid === undefined ? undefined : Number(pid);
}

/** Starts a run that pauses a process, and waits until it is in the middle of its hold. @returns undefined when it ended before */
async function startHeld({ stack, world }, name, sleeper) {
  const hit = hitOne({ name, app: name, slot: 0, url: world.urlOf(name), every: '100ms', hold: '10m' });
  const { workflowId } = await stack.client.startExperiment({ document: { ...hit, guard: { maxBlind: '1s' } }, requestedBy: 'bench' });
  const ended = stack.client.waitForVerdict(workflowId, 60_000).then(() => true);
  let isOver = false;
  ended.then(() => (isOver = true)).catch(() => undefined);
  await until(`${workflowId} pauses its victim`, 60_000, 5, () => isOver || isStopped(sleeper));
  await delay(300 + Math.random() * 1_500); // any moment between two heartbeats
  return isStopped(sleeper) ? workflowId : undefined;
}

/** One death in mid-fault: from kill -9 until the victim runs again. @returns undefined when the run ended before the death */
async function trial(context, workers, name) {
  const { stack } = context;
  const sleeper = await startSleeper(name, 0);
  try {
    const workflowId = await startHeld(context, name, sleeper);
    const pid = workflowId && (await guardedBy(stack, workflowId));
    const worker = workers.find((one) => one.pid === pid);
    if (!worker || !isStopped(sleeper)) return undefined;
    const killedMs = performance.now();
    const gone = worker.kill();
    await until(`${workflowId} undoes`, 60_000, LOOK_EVERY_MS, () => !isStopped(sleeper));
    const ms = performance.now() - killedMs;
    await gone;
    const result = await stack.client.waitForVerdict(workflowId, 60_000);
    if (result?.rule !== 'guard-blind' || result.leftovers.length > 0) throw new Error(`${workflowId}: ${JSON.stringify(result)}`);
    return { ms, worker };
  } finally {
    await stop(sleeper, 'SIGKILL');
  }
}

async function deaths(context, { roles, dies, p99Ms }, prefix, trials) {
  const { stack } = context;
  const start = (role) => startWorkerProcess(stack, 'worker', 'breakwater', [], role);
  const workers = await Promise.all(roles.map(start));
  const times = [];
  let tooEarly = 0;
  try {
    while (times.length < trials) {
      const seen = await trial(context, workers, `${prefix}-${times.length}-${tooEarly}`);
      if (!seen && ++tooEarly > trials * MAX_ATTEMPTS)
        throw new Error(`${prefix}: ${tooEarly} runs ended before their worker could be killed`);
      if (!seen) continue;
      times.push(seen.ms);
      workers.splice(workers.indexOf(seen.worker), 1, await start(dies));
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
  const deathToUndoneMs = sumUp(times);
  return { deathToUndoneMs, endedBeforeTheDeath: tooEarly, aim: aim(deathToUndoneMs.p99, p99Ms) };
}

/** How soon whoever stands by undoes, when the worker that runs the guard is killed -9 in mid-fault and the experiment bears a second of blindness. */
export async function standby({ stack, world, quick }) {
  const trials = quick ? 5 : 25;
  const results = {};
  for (const [name, cast] of Object.entries(CASTS)) {
    say(`standby: ${trials} deaths, ${name}`);
    results[name] = await deaths({ stack, world }, cast, `standby-${cast.dies}`, trials);
  }
  return results;
}
