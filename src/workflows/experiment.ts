import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  setHandler,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { GateDecision } from '../activities/control.ts';
import type { Preparation, PrepareInput } from '../activities/prepare.ts';
import { describeUnmet } from '../domain/baseline.ts';
import { resolveWaves, type WavePlan } from '../domain/plan.ts';
import type { RunInput, RunResult } from '../domain/run.ts';
import { notBack } from '../domain/survivors.ts';
import type { UnreadyTarget } from '../domain/target.ts';
import { mayGoOn } from '../domain/verdict.ts';
import { awaitApproval, isStillApproved, isStillApprovedPolicy } from './approval.ts';
import { phaseAttribute } from './attributes.ts';
import { Chronicle } from './chronicle.ts';
import { close } from './close.ts';
import { expectsReturn, victimsIn } from './comeback.ts';
import { compare } from './compare.ts';
import { canAfford, hasEarned } from './earn.ts';
import { enter, newRunFacts, newRunState, type AdmittedRun, type Place, type RunContext } from './context.ts';
import { reasonOf } from './failure.ts';
import { runIteration } from './iteration.ts';
import { ledgerAnswer } from './ledger-messages.ts';
import { guardArmed, halted, isHolding } from './messages.ts';
import { open } from './open.ts';
import { decidePatches, isPatched } from './patches.ts';
import { control, watching } from './proxies.ts';
import { denyWave, hasActed, hasActedIn, shut } from './shut.ts';
import { isWanted, layDownNext } from './scheduled.ts';
import { labelItself, startFacts } from './start.ts';
import { acceptSteering } from './steering.ts';
import { CHANGE_CONTROL, noteStart, withTicket } from './ticket.ts';
import { noteCancellation, takeHalt } from './stops.ts';
import { awaitTurn, farewell, takeAnswer } from './turn.ts';

/** Longest wait for somebody's approval to be answered when the run closes: to verify it and to page takes no longer. */
const HANDLERS_WITHIN = '2m';

/** One run of an experiment. Expected endings complete it with a verdict; only our own bugs fail it. */
export async function experiment(input: RunInput): Promise<RunResult> {
  decidePatches();
  const chaos = new CancellationScope();
  const run: RunContext = {
    state: newRunState(),
    facts: newRunFacts(),
    chronicle: new Chronicle(),
    whyLeft: new Map(),
    chaos,
    armed: new Map(),
    epoch: 0,
    ledger: { isUsed: false, isKnown: false },
  };
  const steering = acceptSteering(
    run,
    () => ({ ...run.state, events: run.chronicle.newest }),
    () => {
      if (isPatched('a-pause-undoes')) run.interrupt?.();
    },
  );
  setHandler(guardArmed, (key, atMs) => {
    // A signal comes from anywhere: one that says nothing arms nothing.
    if (typeof key === 'string' && !run.armed.has(key)) run.armed.set(key, atMs);
  });
  setHandler(isHolding, (key) => run.state.phase === 'holding' && key === `${run.state.wave}/${run.state.iteration}`);
  setHandler(halted, (halt) => {
    takeHalt(run, halt);
  });
  setHandler(ledgerAnswer, (answer) => {
    takeAnswer(run, answer);
  });
  chaos.cancelRequested.catch(() => {
    noteCancellation(run);
  });
  try {
    await chaos.run(() => conduct(run, input));
  } catch (cause) {
    if (!isCancellation(cause)) run.facts.error = reasonOf(cause);
  }
  return CancellationScope.nonCancellable(async () => {
    // Whoever approves while the run ends gets an answer. Only then: nothing else takes its time in a handler.
    if (isPatched('approvals-are-verified') && !allHandlersFinished()) await condition(allHandlersFinished, HANDLERS_WITHIN);
    // A task that completes the run fails when any event arrived meanwhile, and takes an update that came with it along: the abort would be lost.
    if (steering.mayBeLost()) await sleep(1, { summary: 'what a person did is on record before the run closes' });
    const { aborted } = run.state;
    if (aborted) run.facts.aborted = { by: aborted.by, reason: aborted.reason ?? 'no reason given' };
    return close(run);
  });
}

/** The phases, in order. Returns early when a gate is closed; what closed it is in the facts. */
async function conduct(context: RunContext, input: RunInput): Promise<void> {
  enter(context, 'admitting');
  const admission = await control.admitRun(input, startFacts());
  if (!admission.admitted) context.facts.denied = admission.reason;
  await layDownNext(input);
  if (!admission.admitted) return;
  const run: AdmittedRun = Object.assign(context, {
    ...{ plan: admission.plan, document: input.document, requestedBy: input.requestedBy },
  });
  labelItself(run.plan, input.requestedBy);
  await open(run, input);
  run.ledger.isUsed = isPatched('ledger');
  const waves = resolveWaves(run.plan.experiment);
  run.facts.wavesPlanned = waves.length;
  if (!(await passGates(run)) || !(await isWanted(run, input))) return;
  if (!(await awaitApproval(run, 'start', run.plan.experiment.approvals.required))) return;
  await noteStart(run);
  for (const [i, wave] of waves.entries()) {
    if (!(await runWave(run, wave, i + 1 === waves.length))) return;
    run.facts.wavesDone = i + 1;
    if (i + 1 < waves.length && !wave.dryRun) await coolDown(run, wave);
  }
}

async function passGates(run: AdmittedRun, wave?: WavePlan): Promise<boolean> {
  const { requestedBy, approvedIn } = run;
  const asked = { requestedBy, ...(wave && { wave: wave.name }), ...(approvedIn && { approvedIn }) };
  return takeGates(run, await control.checkGates(run.plan, asked), wave);
}

function takeGates(run: AdmittedRun, answer: GateDecision, wave?: WavePlan): boolean {
  const decision = withTicket(run, answer);
  const place = wave ? { wave: wave.name } : {};
  if (!decision.open) {
    // After something was touched, what was measured counts as little as when the incident's own signal had been first.
    if (decision.rule === 'incident' && hasActed(run)) run.facts.incident = decision.reason;
    if (wave && isDeniedBeforehand(run, decision, wave)) {
      run.chronicle.add('policy', { ...decision }, place);
      return denyWave(run, wave.name, `${decision.rule}: ${decision.reason}`);
    }
    return shut(run, `${decision.rule}: ${decision.reason}`, 'policy', { ...decision }, place);
  }
  if (!wave && decision.change) run.change = decision.change;
  run.chronicle.add('policy', { ...decision }, place);
  return !wave || isStillApprovedPolicy(run, wave, decision);
}

/** Policy or ticket said no to a wave of which nothing has happened yet. Decisions in older histories tell nothing of either. */
const isDeniedBeforehand = (run: AdmittedRun, decision: GateDecision, { name }: WavePlan): boolean =>
  (decision.policy?.allowed === false || decision.change?.allowed === false || isUnasked(decision)) &&
  hasActed(run) &&
  !hasActedIn(run, name);

const isUnasked = (decision: GateDecision): boolean => !decision.open && decision.rule === CHANGE_CONTROL;

/** Gates, and for a live wave its turn. Whoever waited for it passes the gates again: they may have closed meanwhile. */
async function mayEnter(run: AdmittedRun, wave: WavePlan): Promise<boolean> {
  for (;;) {
    await whilePaused(run);
    if (!run.ledger.isUsed || wave.dryRun || run.ledger.wave === wave.name) return passGates(run, wave);
    const turn = await awaitTurn(run, wave);
    if (turn.kind === 'gates') return takeGates(run, turn.gates, wave);
    // A halt is said by the gates, which tell it from an incident.
    if (turn.kind === 'refused')
      return (await passGates(run, wave)) && shut(run, `ledger: ${turn.reason}`, 'ledger', { ...turn }, { wave: wave.name });
    if (turn.kind === 'paused') continue;
    if (!turn.hasWaited && !takeGates(run, turn.gates, wave)) return false;
    run.chronicle.add('turn', { epoch: run.epoch }, { wave: wave.name });
    if (!turn.hasWaited) return true;
  }
}

async function runWave(run: AdmittedRun, wave: WavePlan, isLast: boolean): Promise<boolean> {
  upsertSearchAttributes([{ key: phaseAttribute, value: `wave ${wave.name}` }]);
  if (!(await hasEarned(run, wave))) return false;
  if (wave.gate === 'approval' && !(await awaitApproval(run, `wave ${wave.name}`, Math.max(1, run.plan.experiment.approvals.required))))
    return false;
  const alreadyHit: string[] = [];
  let again: string[] | undefined;
  let done = 0;
  for (let iteration = 0; done < wave.iterations; iteration++) {
    const place = { wave: wave.name, iteration };
    const preparation = await prepare(run, wave, place, { alreadyHit, ...(again && { again }) });
    if (!preparation) return false;
    const { victims } = preparation.choice;
    const facts = await runIteration(run, wave, place, preparation);
    if (facts.interruptedBy === undefined) {
      done += 1;
      again = undefined;
      if (!wave.dryRun) alreadyHit.push(...victims.map(({ name }) => name));
    } else if (victimsIn(run, place).length > 0) again = victims.map(({ id }) => id); // hits the same once more, and nobody else
    const isShown = await compare(run, wave, place);
    const isOver = run.ledger.isUsed && (done === wave.iterations || (isShown && wave.stopEarly));
    if (!isOver || !isLast) await run.chronicle.flush(isOver ? farewell(run, 'leave') : undefined);
    if (run.facts.breach || !mayGoOn(run.facts)) return false;
    if (isShown && wave.stopEarly) break;
  }
  return true;
}

/** Gates, baseline and choice; again from the start after a pause, because what was proven is then old. */
async function prepare(
  run: AdmittedRun,
  wave: WavePlan,
  place: Place,
  hit: Pick<PrepareInput, 'alreadyHit' | 'again'>,
): Promise<Preparation | undefined> {
  const { experiment: document, seed } = run.plan;
  for (;;) {
    if (!(await mayEnter(run, wave))) return undefined;
    enter(run, 'preparing', place);
    const before = run.headcount ?? (run.approvedFor && { size: run.approvedFor.all, ready: run.approvedFor.all });
    const input = {
      experiment: document,
      wave,
      place: { workflowId: run.state.workflowId, ...place, phase: 'baseline' as const },
      seed,
      ...hit,
      ...(before && { before }),
    };
    const preparation = await watching(
      document.site,
      wave.baselineMs + document.guard.maxBlind,
      `wave ${wave.name}: baseline and victims`,
    ).prepareWave(input);
    const { populationSize: size, ready } = preparation;
    if (ready !== undefined) run.headcount ??= { size, ready };
    if (run.state.paused) continue;
    return isReady(run, place, preparation) && canAfford(run, wave, place, preparation) ? preparation : undefined;
  }
}

function isReady(run: AdmittedRun, place: Place, preparation: Preparation): boolean {
  const { unmet, choice, populationSize, ready, unready = [], protectedTargets } = preparation;
  for (const { probe, tolerance, why } of unmet) run.chronicle.add('precondition', { probe, tolerance, why, met: false }, place);
  if (unmet.length > 0) return shut(run, `not before wave ${place.wave}: ${describeUnmet(unmet)}`, 'steady-state', { holds: false }, place);
  run.chronicle.add('steady-state', { holds: true }, place);
  if (run.plan.experiment.traffic && !preparation.fence) {
    const why = "the site's worker does not tell the canary's traffic: is it of an earlier version?";
    return shut(run, `not before wave ${place.wave}: ${why}`, 'precondition', { probe: 'traffic', why, met: false }, place);
  }
  if (!isStillApproved(run, place, preparation)) return false;
  const missing = expectsReturn(run) ? notBack(run.headcount, preparation, lastLiveWave(run)) : undefined;
  if (missing !== undefined)
    return shut(run, `not before wave ${place.wave}: ${missing}${describeUnready(unready)}`, 'survivors', { ready, unready }, place);
  const { victims } = choice;
  run.chronicle.add(
    'victims-chosen',
    { victims, wanted: choice.wanted, reductions: choice.reductions, populationSize, ready, protected: protectedTargets.length },
    place,
  );
  if (preparation.refusal !== undefined) {
    run.chronicle.add('refusal-foreseen', { why: preparation.refusal }, place);
    return denyWave(run, place.wave, preparation.refusal);
  }
  if (victims.length > 0) return true;
  return shut(
    run,
    `wave ${place.wave} has nobody to hit: ${choice.reductions.join('; ') || 'the selector matched nothing'}`,
    'denied',
    { populationSize },
    place,
  );
}

const lastLiveWave = ({ state }: AdmittedRun): string | undefined =>
  state.victims.findLast(({ injection }) => injection?.outcome !== 'skipped')?.wave;

const describeUnready = (unready: UnreadyTarget[]): string =>
  unready.length === 0 ? '' : ` (${unready.map(({ name, why }) => `${name}: ${why}`).join('; ')})`;

async function whilePaused(run: AdmittedRun): Promise<void> {
  if (!run.state.paused) return;
  enter(run, 'paused');
  await run.chronicle.flush(farewell(run, 'release')); // a pause may last for hours: others may go on
  await condition(() => !run.state.paused);
}

async function coolDown(run: AdmittedRun, { name, coolDownMs }: WavePlan): Promise<void> {
  if (coolDownMs === 0) return;
  enter(run, 'cooling-down');
  run.chronicle.add('cool-down', { forMs: coolDownMs }, { wave: name });
  await sleep(coolDownMs, { summary: `cool-down after wave ${name}` });
}
