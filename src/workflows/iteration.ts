import { CancellationScope, CancelledFailure, condition, isCancellation, sleep } from '@temporalio/workflow';
import type { GuardOutcome } from '../activities/guard.ts';
import type { Preparation } from '../activities/prepare.ts';
import { guardRules } from '../domain/guard.ts';
import type { Order } from '../domain/order.ts';
import type { WavePlan } from '../domain/plan.ts';
import { whyUnfenced, type IterationFacts } from '../domain/verdict.ts';
import { victimsIn } from './comeback.ts';
import { enter, newIterationFacts, type AdmittedRun, type Place } from './context.ts';
import { reasonOf, timedOut } from './failure.ts';
import { fenceOrder, raiseFence, setsFence } from './fence.ts';
import { watchOver } from './guarding.ts';
import { ordersOf } from './orders.ts';
import { isPatched } from './patches.ts';
import { injecting, undoing } from './proxies.ts';
import { recover } from './recover.ts';
import { withUndo, type Stuck, type Undo } from './undo.ts';

/** One iteration under way. */
interface Deed {
  run: AdmittedRun;
  wave: WavePlan;
  place: Place;
  facts: IterationFacts;
  /** Orders without an answer: they may still land until they expire. */
  unresolved: Map<string, Order>;
}

/**
 * One iteration: arm the guard, inject, hold, undo, recover. Whatever happens, what was begun is undone and steady state is proven
 * or its absence recorded. What ended it is in the run's facts.
 */
export async function runIteration(run: AdmittedRun, wave: WavePlan, place: Place, preparation: Preparation): Promise<IterationFacts> {
  const facts = newIterationFacts(place, wave);
  const deed: Deed = { run, wave, place, facts, unresolved: new Map() };
  run.facts.iterations.push(facts);
  run.state.iterations.push({ ...place, dryRun: wave.dryRun, outcome: 'running' });
  const undone = await withUndo(
    (arm) => actUnlessPaused(deed, preparation, arm),
    () => {
      enter(run, 'undoing');
    },
  );
  for (const { what, evidence } of undone.done) run.chronicle.add('undo', { what, evidence }, place);
  for (const victim of victimsIn(run, place)) {
    const found = undone.done.find(({ what }) => what.endsWith(victim.id));
    if (found) victim.undone = found.evidence;
  }
  noteLeftovers(run, undone.stuck, place);
  const { stopSeenMs } = run.state;
  if (stopSeenMs !== undefined) run.state.stopLatencyMs ??= Date.now() - stopSeenMs;
  await CancellationScope.nonCancellable(async () => {
    await waitOut(deed);
    const isTouched = facts.injections.length > 0 || facts.fence !== undefined || deed.unresolved.size > 0;
    if (isTouched) facts.recovery = await recover(run, wave, place);
  });
  settle(deed);
  if (undone.error !== undefined) throw undone.error as Error;
  return facts;
}

/** A pause ends early what can be undone, or has not begun; an instantaneous fault that was carried out is watched to its end. */
async function actUnlessPaused(deed: Deed, preparation: Preparation, arm: (undo: Undo) => void): Promise<void> {
  const { run, facts } = deed;
  const watch = new CancellationScope();
  let by: string | undefined;
  run.interrupt = () => {
    if (isTooLateToPause(deed)) return;
    by ??= run.state.paused?.by ?? 'somebody';
    watch.cancel();
  };
  try {
    await act(deed, preparation, arm, watch);
  } catch (cause) {
    if (!isCancellation(cause) || run.chaos.consideredCancelled || by === undefined) throw cause;
    facts.interruptedBy = by;
  } finally {
    run.interrupt = undefined;
  }
}

/** What cannot be undone has begun once the first victim's order is given. */
function isTooLateToPause({ run, wave, place }: Deed): boolean {
  const { phase } = run.state;
  const hasBegun = phase === 'injecting' ? victimsIn(run, place).length > 0 : phase !== 'arming';
  return hasBegun && !run.plan.reversible[wave.fault.kind];
}

function noteLeftovers({ state, facts, whyLeft, chronicle }: AdmittedRun, stuck: readonly Stuck[], place: Place): void {
  for (const { what, why } of stuck) {
    chronicle.add('leftover', { what, why }, place);
    state.leftovers.push(what);
    facts.leftovers.push(what);
    whyLeft.set(what, why);
  }
}

/** Everything that can be cancelled. */
async function act(deed: Deed, preparation: Preparation, arm: (undo: Undo) => void, watch: CancellationScope): Promise<void> {
  const { run, wave, place, facts } = deed;
  enter(run, 'arming', place);
  const guarding = watch.run(() => startGuard(deed, preparation));
  const early = await armedOrOver(run, place, guarding);
  if (early) {
    takeGuard(deed, early);
    return;
  }
  run.chronicle.add('guard-armed', { signals: Object.keys(preparation.baseline.medians) }, place);
  if (!wave.dryRun) {
    enter(run, 'injecting', place);
    await injectUnderGuard(deed, preparation, guarding, arm).catch((cause: unknown) => {
      watch.cancel(); // nothing is held, so nothing is guarded
      throw cause;
    });
    if (whyUnfenced(facts) !== undefined) {
      watch.cancel();
      return;
    }
  }
  const injectedMs = Date.now();
  enter(run, 'holding', place);
  const outcome = await guarding;
  facts.faultMs = Math.max(0, outcome.endedMs - injectedMs);
  takeGuard(deed, outcome);
}

/** The guard's promise; its loss is blindness, and blindness that lasts is a breach. */
function startGuard({ run, wave, place }: Deed, { baseline }: Preparation): Promise<GuardOutcome> {
  const { experiment } = run.plan;
  const rules = guardRules(experiment, baseline.medians);
  const holdMs = wave.dryRun ? 0 : wave.holdMs;
  const input = {
    experiment: { probes: experiment.probes, slo: experiment.slo, guard: experiment.guard },
    place: { workflowId: run.state.workflowId, ...place, phase: 'fault' as const },
    rules,
    holdMs,
    ...(!wave.dryRun && { isHoldAwaited: true as const }),
    ...((run.plan.reversible[wave.fault.kind] || setsFence(run)) && !wave.dryRun && { leaseMs: experiment.guard.lease }),
  };
  const guarding = watchOver(experiment.site, input, `guard: ${wave.dryRun ? 'dry run' : `hold ${holdMs / 1_000} s`}`);
  guarding.catch(() => undefined); // a cancellation is met where the guard is awaited
  return guarding;
}

/** Waits until the guard sees. @returns its outcome when it ended before */
async function armedOrOver(
  { armed }: AdmittedRun,
  { wave, iteration }: Place,
  guarding: Promise<GuardOutcome>,
): Promise<GuardOutcome | undefined> {
  const seeing = condition(() => armed.has(`${wave}/${iteration}`)).then(() => undefined);
  seeing.catch(() => undefined);
  return Promise.race([seeing, guarding]);
}

function takeGuard({ run, place, facts }: Deed, outcome: GuardOutcome): void {
  facts.guard = outcome.kind;
  facts.summaries = outcome.summaries;
  facts.violations = outcome.violations;
  if (!outcome.breach) return;
  run.facts.breach = outcome.breach;
  const { incident, rule, value } = outcome.breach;
  if (incident) run.facts.incident ??= `an incident outside of the experiment: ${rule}; it was ${value}`;
  run.state.stopSeenMs ??= outcome.breach.atMs;
  run.chronicle.add('breach', { ...outcome.breach }, place);
}

/** Sets the fence where one is asked for, and then carries out the orders side by side: none when the fence is not proven. */
async function injectAll(deed: Deed, preparation: Preparation, arm: (undo: Undo) => void): Promise<void> {
  if (setsFence(deed.run) && !(await isFenced(deed, preparation, arm))) return;
  await allAnswered(ordersOf(deed.run, deed.wave, deed.place, preparation).map((order) => inject(deed, order, arm)));
}

/** @throws CancelledFailure when it was withdrawn meanwhile: then no victim's order may be begun */
async function isFenced(deed: Deed, preparation: Preparation, arm: (undo: Undo) => void): Promise<boolean> {
  const { run, place, facts, unresolved } = deed;
  const order = fenceOrder(run, place, preparation);
  if (order) {
    unresolved.set(order.key, order);
    arm(fenceUndo(deed, order));
    run.facts.touchedIn = place.wave;
  }
  const isProven = await raiseFence(run, place, facts, order);
  if (order) unresolved.delete(order.key);
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('withdrawn while the fence was being set');
  return isProven;
}

/** A breach or an abort in the middle withdraws those orders that have not been carried out. */
async function injectUnderGuard(
  deed: Deed,
  preparation: Preparation,
  guarding: Promise<GuardOutcome>,
  arm: (undo: Undo) => void,
): Promise<void> {
  const { run } = deed;
  const scope = new CancellationScope();
  let isOver = false;
  const withdraw = (): void => {
    if (!isOver) scope.cancel();
  };
  void guarding.then(withdraw, withdraw);
  try {
    await scope.run(() => injectAll(deed, preparation, arm));
  } catch (cause) {
    // The guard withdrew them, or a pause withdrew the guard: what became of it is what ends the iteration. A withdrawn order that nobody
    // answers is waited out; what withdrew it is the reason of the end, not the silence.
    const isUnanswered = scope.consideredCancelled && timedOut(cause) && isPatched('withdrawn-without-an-answer');
    if (run.chaos.consideredCancelled) throw isUnanswered ? new CancelledFailure('withdrawn, and not answered') : cause;
    if (!isUnanswered && !isCancellation(cause)) throw cause;
  } finally {
    isOver = true;
  }
}

/** Waits for every answer before it rejects with the first failure: an undo must not overtake a deed that is still under way. */
async function allAnswered(deeds: readonly Promise<void>[]): Promise<void> {
  const answers = await Promise.allSettled(deeds);
  const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
  const failure = failures.find((cause) => !isCancellation(cause)) ?? failures[0];
  if (failure !== undefined) throw failure as Error;
}

async function inject({ run, place, facts, unresolved }: Deed, order: Order, arm: (undo: Undo) => void): Promise<void> {
  const { target, fault } = order;
  const victim = { ...place, id: target.id, name: target.name };
  const at = run.state.victims.push(victim) - 1;
  unresolved.set(order.key, order);
  if (run.plan.reversible[fault.kind]) arm(undoOf(run, order));
  const injection = await injecting(run.plan.experiment.site, `${fault.kind}: ${target.name}`).injectFault(order);
  unresolved.delete(order.key);
  facts.injections.push(injection);
  run.state.victims[at] = { ...victim, injection };
  run.chronicle.add(injection.outcome === 'injected' ? 'injected' : 'victim-skipped', { target, fault: fault.kind, ...injection }, place);
}

const undoOf = (run: AdmittedRun, order: Order): Undo => ({
  what: `${order.fault.kind} on ${order.target.name}: ${order.target.id}`,
  run: async () => (await undoing(run.plan.experiment.site, `undo ${order.fault.kind}: ${order.target.name}`).revertFault(order)).evidence,
});

/** The fence stays until no order can land any more. */
function fenceUndo(deed: Deed, order: Order): Undo {
  const { what, run } = undoOf(deed.run, order);
  const undo = async (): Promise<string> => {
    await awaitExpiry([...deed.unresolved.values()].filter(({ key }) => key !== order.key));
    return run();
  };
  return { what, run: undo, isLast: true };
}

async function awaitExpiry(orders: readonly Order[]): Promise<void> {
  const restMs = Math.max(0, ...orders.map(({ notAfterMs }) => notAfterMs - Date.now()));
  if (restMs > 0) await sleep(restMs, { summary: 'orders without an answer expire' });
}

/** An order without an answer may still land: waits until it has expired, then undoes it once more. */
async function waitOut({ run, place, unresolved }: Deed): Promise<void> {
  if (unresolved.size === 0) return;
  const orders = [...unresolved.values()];
  const restMs = Math.max(...orders.map(({ notAfterMs }) => notAfterMs)) - Date.now();
  run.chronicle.add('waiting-out', { orders: orders.map(({ key }) => key), restMs }, place);
  await awaitExpiry(orders);
  for (const order of orders.filter(({ fault }) => run.plan.reversible[fault.kind])) {
    const { what, run: undo } = undoOf(run, order);
    await undo().catch((cause: unknown) => {
      noteLeftovers(run, [{ what, why: reasonOf(cause) }], place);
    });
  }
}

function settle({ run, place, facts }: Deed): void {
  const mine = run.state.iterations.at(-1);
  if (!mine) return;
  mine.recovery = facts.recovery;
  if (facts.recovery.kind === 'not-recovered') mine.outcome = 'not-recovered';
  else if (facts.interruptedBy !== undefined) mine.outcome = 'interrupted';
  else if (facts.guard !== 'held') mine.outcome = 'stopped';
  else mine.outcome = facts.dryRun ? 'walked' : 'held';
  const { dryRun, faultMs, summaries, violations, recovery, interruptedBy } = facts;
  run.chronicle.add(
    'judged',
    { outcome: mine.outcome, dryRun, faultMs, summaries, violations, recovery, ...(interruptedBy !== undefined && { interruptedBy }) },
    place,
  );
}
