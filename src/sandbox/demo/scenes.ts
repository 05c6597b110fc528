import { setTimeout as sleep } from 'node:timers/promises';
import type { BreakwaterClient, RunResult } from '../../client.ts';
import type { Verdict } from '../../domain/verdict.ts';
import type { Sandbox } from '../sandbox.ts';
import { DEMO_TIME_SCALE, pauseDocument, referenceDocument, weakDocument } from './documents.ts';
import { stateOf } from './process-state.ts';

/** What the scenes are played with. */
export interface Stage {
  sandbox: Sandbox;
  client: BreakwaterClient;
  say(line: string): void;
  /** Shows the plan of a document, with its victims. */
  showPlan(document: unknown, timeScale: number): Promise<void>;
  /** Shows a run live until it ends. */
  follow(workflowId: string): Promise<RunResult>;
}

/** How a scene ended. */
export interface Scene {
  title: string;
  result: RunResult;
  expected: readonly Verdict[];
  /** What the scene showed beyond the verdict; empty when something did not come out as promised. */
  shown: string[];
}

const WORKERS = 4;
const CALM_WITHIN_MS = 60_000;
/** As long as a hold of the reference experiment lasts here: under stress two are missing all the while, and a single one is back in time. */
const RESTART_SECONDS = 8;

const start = async ({ client }: Stage, document: unknown): Promise<string> =>
  (await client.startExperiment({ document, requestedBy: 'demo', timeScale: DEMO_TIME_SCALE, seed: 7 })).workflowId;

async function gauge(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
}

/** Puts the system back to how it began, and waits until it is: each scene starts from a healthy one. */
export async function calm({ sandbox: { payments } }: Stage): Promise<void> {
  await payments.weaken({ slowRestart: 0 });
  const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ workers: WORKERS }) };
  await fetch(`${payments.supervisorUrl}/scale`, json);
  const deadlineMs = Date.now() + CALM_WITHIN_MS;
  for (;;) {
    const running = await gauge(payments.supervisorUrl, 'supervisor_workers_running');
    const depth = await gauge(payments.gatewayUrl, 'payments_queue_depth');
    if (running === WORKERS && depth < 10) return;
    if (Date.now() > deadlineMs)
      throw new Error(
        `the payments system did not calm down within ${CALM_WITHIN_MS / 1_000} s: ${running} of ${WORKERS} workers run, ${depth} payments wait. ` +
          'Is the machine busy with something else? The logs are in .breakwater/sandbox',
      );
    await sleep(250);
  }
}

/** A healthy system: four waves, and the hypothesis holds. */
export async function healthy(stage: Stage): Promise<Scene> {
  const title = 'a healthy system: dry run → single → canary → stress';
  stage.say(title);
  const document = await referenceDocument();
  await stage.showPlan(document, DEMO_TIME_SCALE);
  const result = await stage.follow(await start(stage, document));
  const victims = result.victims.filter(({ injection }) => injection?.effect.proven);
  return {
    title,
    result,
    expected: ['passed'],
    shown: victims.length === 4 ? ['4 workers really killed, each restarted by its supervisor'] : [],
  };
}

/** A weakness: the supervisor restarts late. Under stress the queue grows, the stop condition fires, the runbook repairs. */
export async function weak(stage: Stage): Promise<Scene> {
  const title = `a weakness: the supervisor takes ${RESTART_SECONDS} s to restart a worker`;
  stage.say(title);
  await stage.sandbox.payments.weaken({ slowRestart: `${RESTART_SECONDS}s` });
  const result = await stage.follow(await start(stage, await weakDocument()));
  const recovery = result.iterations.at(-1)?.recovery;
  const isRepaired = result.rule === 'stop-condition' && recovery?.kind === 'recovered' && recovery.helpedBy.includes('scale-workers');
  const latency = result.stopLatencyMs === undefined ? '' : `, breach → stopped and undone in ${result.stopLatencyMs} ms`;
  return {
    title,
    result,
    expected: ['aborted'],
    shown: isRepaired ? [`stopped by itself${latency}; workers scaled up; steady state proven again after ${recovery.inMs} ms`] : [],
  };
}

async function pausedVictim({ client }: Stage, workflowId: string): Promise<number> {
  const deadlineMs = Date.now() + 60_000;
  while (Date.now() < deadlineMs) {
    const { victims } = await client.status(workflowId);
    const pid = Number(/\(pid (\d+)\)/.exec(victims.at(-1)?.name ?? '')?.[1]);
    if (pid > 0 && (await stateOf(pid)) === 'T') return pid;
    await sleep(100);
  }
  throw new Error('no worker was paused within 60 s');
}

/** Breakwater dies in the middle of a reversible fault. */
export async function crash(stage: Stage): Promise<Scene> {
  const title = 'Breakwater itself dies: kill -9 of its worker while a payment worker is paused';
  stage.say(title);
  const workflowId = await start(stage, await pauseDocument());
  const pid = await pausedVictim(stage, workflowId);
  await sleep(2_000);
  await stage.sandbox.worker.kill();
  stage.say(`the Breakwater worker is dead (kill -9); payment worker ${pid} is in state ${(await stateOf(pid)) ?? 'gone'}: still paused`);
  await sleep(1_000);
  const worker = await stage.sandbox.restartWorker();
  stage.say(`a new Breakwater worker (pid ${worker.record.pid}) takes the run over`);
  const result = await stage.follow(workflowId);
  const state = await stateOf(pid);
  const isUndone = state !== undefined && !['T', 't', 'Z'].includes(state) && result.leftovers.length === 0;
  return {
    title,
    result,
    expected: ['passed', 'aborted'],
    shown: isUndone ? [`payment worker ${pid} runs again (state ${state}): the undo survived the death of Breakwater`] : [],
  };
}
