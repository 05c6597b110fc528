import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Preparation } from '../activities/prepare.ts';
import { resolveWaves, type Plan, type WavePlan } from '../domain/plan.ts';
import type { Halt, RunInput, RunResult } from '../domain/run.ts';
import { decide, mayGoOn } from '../domain/verdict.ts';
import { Chronicle } from './chronicle.ts';
import { compare } from './compare.ts';
import { enter, newRunFacts, newRunState, type AdmittedRun, type Place, type RunContext } from './context.ts';
import { reasonOf } from './failure.ts';
import { runIteration } from './iteration.ts';
import { guardArmed, halted } from './messages.ts';
import { closing, control, watching } from './proxies.ts';
import { acceptSteering } from './steering.ts';

const phaseAttribute = defineSearchAttributeKey('BreakwaterPhase', 'KEYWORD');
const verdictAttribute = defineSearchAttributeKey('BreakwaterVerdict', 'KEYWORD');

/** One run of an experiment. Expected endings complete it with a verdict; only our own bugs fail it. */
export async function experiment(input: RunInput): Promise<RunResult> {
  const chaos = new CancellationScope();
  const run: RunContext = { state: newRunState(), facts: newRunFacts(), chronicle: new Chronicle(), chaos, armed: new Map(), epoch: 0 };
  const steering = acceptSteering(run.state, run.chronicle, chaos, () => ({ ...run.state, events: run.chronicle.newest }));
  setHandler(guardArmed, (key, atMs) => {
    if (!run.armed.has(key)) run.armed.set(key, atMs);
  });
  setHandler(halted, (halt) => {
    takeHalt(run, halt);
  });
  chaos.cancelRequested.catch(() => {
    noteCancellation(run);
  });
  try {
    await chaos.run(() => conduct(run, input));
  } catch (cause) {
    if (!isCancellation(cause)) run.facts.error = reasonOf(cause);
  }
  const { aborted } = run.state;
  if (aborted) run.facts.aborted = { by: aborted.by, reason: aborted.reason ?? 'no reason given' };
  return CancellationScope.nonCancellable(async () => {
    // A task that completes the run fails when any event arrived meanwhile, and takes an update that came with it along: the abort would be lost.
    if (steering.isFresh()) await sleep(1, { summary: 'what a person did is on record before the run closes' });
    return close(run);
  });
}

/** A halt stops the run in any phase, as an abort does; signals come from anywhere, so nothing about it is taken for granted. */
function takeHalt({ state, facts, chronicle, chaos }: RunContext, halt: Partial<Halt> | undefined): void {
  if (state.aborted || state.phase === 'closing' || state.phase === 'closed') return;
  const [by, reason] = [halt?.by, halt?.reason].map((text) => (typeof text === 'string' ? text.slice(0, 500) : 'not said'));
  state.aborted = { by: by ?? 'not said', reason: reason ?? 'not said' };
  state.stopSeenMs ??= Date.now();
  if (halt?.kind === 'incident') facts.incident = `an incident outside of the experiment: ${reason}`;
  chronicle.add(halt?.kind === 'incident' ? 'incident' : 'halt', { ...state.aborted });
  chaos.cancel();
}

/** A cancellation by Temporal, such as the button in its Web, is an abort by somebody without a name. */
function noteCancellation({ state, chronicle }: RunContext): void {
  if (state.aborted || state.phase === 'closing' || state.phase === 'closed') return;
  state.aborted = { by: 'Temporal', reason: 'the workflow was cancelled' };
  state.stopSeenMs ??= Date.now();
  chronicle.add('abort', { ...state.aborted });
}

/** The phases, in order. Returns early when a gate is closed; what closed it is in the facts. */
async function conduct(context: RunContext, input: RunInput): Promise<void> {
  enter(context, 'admitting');
  const admission = await control.admitRun(input);
  if (!admission.admitted) {
    context.facts.denied = admission.reason;
    return;
  }
  const run: AdmittedRun = Object.assign(context, { plan: admission.plan });
  await open(run, input);
  const waves = resolveWaves(run.plan.experiment);
  run.facts.wavesPlanned = waves.length;
  if (!(await passGates(run)) || !(await awaitApproval(run, 'start', run.plan.experiment.approvals.required))) return;
  for (const [i, wave] of waves.entries()) {
    if (!(await runWave(run, wave))) return;
    run.facts.wavesDone = i + 1;
    if (i + 1 < waves.length && !wave.dryRun) await coolDown(run, wave);
  }
}

async function open({ state, chronicle, plan }: AdmittedRun, { requestedBy }: RunInput): Promise<void> {
  const { experiment: document, digest, seed, timeScale } = plan;
  const { name, service, environment, owner, ticket } = document.metadata;
  Object.assign(state, { experiment: name, digest });
  const { workflowId, runId } = workflowInfo();
  const labels = { name, service, environment, owner, ...(ticket !== undefined && { ticket }) };
  chronicle.run = {
    workflowId,
    runId,
    ...labels,
    planDigest: digest,
    seed,
    timeScale,
    requestedBy,
    site: document.site,
    startedAtMs: Date.now(),
    experiment: { ...document },
  };
  chronicle.add('run-started', { requestedBy, digest, seed, timeScale, hypothesis: document.hypothesis });
  if (!(await chronicle.flush()))
    throw new Error('the records database does not answer: a run that nobody could explain afterwards does not begin');
}

/** Denied as long as nothing was injected; afterwards a closed gate ends the run. */
function shut(
  { state, facts, chronicle }: AdmittedRun,
  reason: string,
  kind: string,
  data: Record<string, unknown>,
  place?: Partial<Place>,
): false {
  chronicle.add(kind, data, place);
  if (state.victims.length === 0) facts.denied = reason;
  else facts.gated = reason;
  return false;
}

async function passGates(run: AdmittedRun, wave?: WavePlan): Promise<boolean> {
  const decision = await control.checkGates(run.plan);
  const place = wave ? { wave: wave.name } : {};
  if (!decision.open) return shut(run, `${decision.rule}: ${decision.reason}`, 'policy', { ...decision }, place);
  run.chronicle.add('policy', { open: true }, place);
  return true;
}

async function awaitApproval(run: AdmittedRun, what: string, required: number): Promise<boolean> {
  if (required === 0) return true;
  const { state, chronicle, plan } = run;
  const { within } = plan.experiment.approvals;
  Object.assign(state, { awaiting: what, approvals: [], approvalsRequired: required });
  enter(run, 'awaiting-approval');
  chronicle.add('approval-requested', { what, required, within, digest: plan.digest });
  await chronicle.flush();
  const isAnswered = await condition(() => state.approvals.length >= required || state.rejected !== undefined, within);
  delete state.awaiting;
  if (state.rejected)
    return shut(run, `${state.rejected.by} rejected it: ${state.rejected.reason ?? 'no reason given'}`, 'denied', { what });
  if (!isAnswered)
    return shut(run, `not approved within ${within / 60_000} min (${what}): ${state.approvals.length} of ${required}`, 'denied', { what });
  return true;
}

async function runWave(run: AdmittedRun, wave: WavePlan): Promise<boolean> {
  upsertSearchAttributes([{ key: phaseAttribute, value: `wave ${wave.name}` }]);
  if (wave.gate === 'approval' && !(await awaitApproval(run, `wave ${wave.name}`, Math.max(1, run.plan.experiment.approvals.required))))
    return false;
  const alreadyHit: string[] = [];
  for (let iteration = 0; iteration < wave.iterations; iteration++) {
    const place = { wave: wave.name, iteration };
    const preparation = await prepare(run, wave, place, alreadyHit);
    if (!preparation) return false;
    const victims = preparation.choice.victims.map(({ name }) => name);
    await runIteration(run, wave, place, preparation);
    if (!wave.dryRun) alreadyHit.push(...victims);
    const isShown = await compare(run, wave, place);
    await run.chronicle.flush();
    if (run.facts.breach || !mayGoOn(run.facts)) return false;
    if (isShown && wave.stopEarly) break;
  }
  return true;
}

/** Gates, baseline and choice; again from the start after a pause, because what was proven is then old. */
async function prepare(run: AdmittedRun, wave: WavePlan, place: Place, alreadyHit: string[]): Promise<Preparation | undefined> {
  const { experiment: document, seed } = run.plan;
  for (;;) {
    await whilePaused(run);
    if (!(await passGates(run, wave))) return undefined;
    enter(run, 'preparing', place);
    const input = {
      experiment: document,
      wave,
      place: { workflowId: run.state.workflowId, ...place, phase: 'baseline' as const },
      seed,
      alreadyHit,
    };
    const preparation = await watching(
      document.site,
      wave.baselineMs + document.guard.maxBlind,
      `wave ${wave.name}: baseline and victims`,
    ).prepareWave(input);
    if (run.state.paused) continue;
    return isReady(run, place, preparation) ? preparation : undefined;
  }
}

function isReady(run: AdmittedRun, place: Place, { unmet, choice, populationSize, protectedTargets }: Preparation): boolean {
  for (const { probe, tolerance, why } of unmet) run.chronicle.add('precondition', { probe, tolerance, why, met: false }, place);
  if (unmet.length > 0)
    return shut(
      run,
      `not before wave ${place.wave}: ${unmet.map(({ probe, tolerance, why }) => `${probe} (${tolerance}): ${why}`).join('; ')}`,
      'steady-state',
      { holds: false },
      place,
    );
  run.chronicle.add('steady-state', { holds: true }, place);
  const { victims } = choice;
  run.chronicle.add(
    'victims-chosen',
    { victims, wanted: choice.wanted, reductions: choice.reductions, populationSize, protected: protectedTargets.length },
    place,
  );
  if (victims.length > 0) return true;
  return shut(
    run,
    `wave ${place.wave} has nobody to hit: ${choice.reductions.join('; ') || 'the selector matched nothing'}`,
    'denied',
    { populationSize },
    place,
  );
}

async function whilePaused(run: AdmittedRun): Promise<void> {
  if (!run.state.paused) return;
  enter(run, 'paused');
  await run.chronicle.flush();
  await condition(() => !run.state.paused);
}

async function coolDown(run: AdmittedRun, { name, coolDownMs }: WavePlan): Promise<void> {
  if (coolDownMs === 0) return;
  enter(run, 'cooling-down');
  run.chronicle.add('cool-down', { forMs: coolDownMs }, { wave: name });
  await sleep(coolDownMs, { summary: `cool-down after wave ${name}` });
}

/** Decides, records, answers. Runs whatever happened before. */
async function close(run: RunContext & { plan?: Plan }): Promise<RunResult> {
  enter(run, 'closing');
  const { state, facts, chronicle } = run;
  const decision = decide(facts);
  state.decision = decision;
  chronicle.add('closed', {
    ...decision,
    leftovers: state.leftovers,
    ...(state.stopLatencyMs !== undefined && { stopLatencyMs: state.stopLatencyMs }),
  });
  upsertSearchAttributes([
    { key: phaseAttribute, value: 'closed' },
    { key: verdictAttribute, value: decision.verdict },
  ]);
  const { workflowId, leftovers, victims, iterations, stopLatencyMs } = state;
  const result: RunResult = {
    workflowId,
    ...decision,
    leftovers,
    victims,
    iterations,
    ...(stopLatencyMs !== undefined && { stopLatencyMs }),
    recordsIncomplete: false,
  };
  if (chronicle.run) {
    const isWritten = await chronicle.finish();
    const isClosed = await closing.closeRun(result, Date.now()).then(
      () => true,
      () => false,
    );
    result.recordsIncomplete = !isWritten || !isClosed;
  }
  enter(run, 'closed');
  await condition(allHandlersFinished);
  return result;
}
