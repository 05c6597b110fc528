import { ledgerId } from '../../../src/domain/ledger/names.ts';
import type { RunResult, VictimState } from '../../../src/domain/run.ts';
import { replayProblems } from '../../support/replays.ts';
import { bundleFromSource } from '../../workflows/harness/stage.ts';
import { heldInLedger } from './ledger.ts';
import { leasesLeft } from './leases.ts';
import type { Stage } from './stage.ts';

/**
 * How a run may end under which something was killed, while the observed system was well all the time: every other ending is an untruth.
 * `failed` would blame the system, `error` is right only with something left behind, which is a violation itself.
 */
const ENDINGS: Record<string, string> = {
  held: 'every planned fault is proven and was watched',
  'guard-blind': 'nobody looked for longer than the author bears',
  'too-little-data': 'what was seen is too little to tell',
  'no-effect': 'an order was refused or has no proof: its victims must show that',
  'gate-closed': 'what must hold before a later wave could not be seen in time, which its reason must say',
  denied: 'nothing to see before the first fault: nobody may have been hit',
};
const placeOf = ({ wave, iteration }: VictimState): string => `${wave}/${iteration}`;
const pidOf = (id: string): number => Number(id.split(':').at(-2));
const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, n) => total + n, 0);
const count = (numbers: number[]): Map<number, number> =>
  numbers.reduce((all, n) => all.set(n, (all.get(n) ?? 0) + 1), new Map<number, number>());

/** How often each process was hit: deaths that its parent was told of, or stops that were seen. */
function hits({ victims, faultKind }: Stage): Map<number, number> {
  return faultKind === 'process-pause' ? victims.stops : count(victims.dead().map(({ pid }) => pid));
}

/** Who was touched at all, also so briefly that no look saw it: a stop always ends with a SIGCONT, which its process counts. */
function touched(stage: Stage): Set<number> {
  const continued = [...stage.victims.continued()].filter(([, times]) => times > 0).map(([pid]) => pid);
  return new Set([...hits(stage).keys(), ...continued]);
}

function* tooMuch(stage: Stage, { victims }: RunResult): Generator<string> {
  const { planned } = stage;
  const hit = hits(stage);
  const ordered = count(victims.map(({ id }) => pidOf(id)));
  const [most, total] = [sum(planned.map(({ perIteration, iterations }) => perIteration * iterations)), sum(hit.values())];
  if (total > most) yield `${total} hits, ${most} were planned`;
  for (const [pid, times] of hit)
    if (times > (ordered.get(pid) ?? 0)) yield `pid ${pid} was hit ${times} times; the run names it ${ordered.get(pid) ?? 0} times`;
  for (const pid of touched(stage)) if (!ordered.has(pid)) yield `pid ${pid} was touched, and the run does not name it`;
  for (const place of new Set(victims.map(placeOf)))
    yield* tooManyIn(
      stage,
      place,
      victims.filter((victim) => placeOf(victim) === place),
    );
  const atOnce = Math.max(...planned.map(({ perIteration }) => perIteration));
  if (stage.victims.stoppedAtOnce > atOnce) yield `${stage.victims.stoppedAtOnce} victims were stopped at once, ${atOnce} were planned`;
  for (const { end, pid } of stage.victims.dead())
    if (stage.faultKind === 'process-pause' || end !== 'SIGKILL') yield `pid ${pid} ended by ${end}, which was not ordered`;
}

function* tooManyIn({ planned }: Stage, place: string, named: VictimState[]): Generator<string> {
  const [name, iteration] = place.split('/');
  const wave = planned.find(({ wave: other }) => other === name);
  if (!wave || Number(iteration) >= wave.iterations) yield `${place} has victims, and was not planned`;
  else if (named.length > wave.perIteration) yield `${place} has ${named.length} victims, ${wave.perIteration} were planned`;
  if (new Set(named.map(({ id }) => id)).size < named.length) yield `${place} names a victim twice`;
}

function* untrue(stage: Stage, { victims, verdict, rule, reason, leftovers }: RunResult): Generator<string> {
  const hit = touched(stage);
  if (leftovers.length > 0) yield `leftovers: ${leftovers.join('; ')}`;
  if (rule === 'gate-closed' && !reason.includes('no data')) yield `a gate was closed though the system was well: ${reason}`;
  if (rule === 'denied' && hit.size > 0) yield `denied, and ${hit.size} were hit`;
  if (!(rule in ENDINGS)) yield `verdict ${verdict} (${rule}): ${reason}`;
  for (const { id, injection } of victims)
    if (injection?.outcome === 'injected' && !hit.has(pidOf(id))) yield `the run says that ${id} was hit, and it was not`;
  for (const pid of hits(stage).keys()) {
    const said = victims.filter(({ id }) => pidOf(id) === pid).map(({ injection }) => injection?.outcome);
    if (said.length > 0 && said.every((outcome) => outcome === 'skipped')) yield `pid ${pid} was hit, and the run says that it was skipped`;
  }
  const unproven = victims.filter(({ injection }) => !injection?.effect.proven);
  if (rule === 'no-effect' && unproven.length === 0) yield `${reason}: but every fault is proven`;
  if (verdict !== 'passed') return;
  for (const { wave, perIteration, iterations } of stage.planned)
    for (let i = 0; i < iterations; i++) {
      const named = victims.filter((victim) => victim.wave === wave && victim.iteration === i).length;
      if (named !== perIteration) yield `passed, and ${wave}/${i} has ${named} victims of ${perIteration}`;
    }
  for (const { id } of unproven) yield `passed, and the fault on ${id} is not proven`;
}

async function* leftBehind(stage: Stage): AsyncGenerator<string> {
  for (const pid of stage.victims.stopped()) yield `pid ${pid} is still stopped`;
  for (const path of leasesLeft(stage.stateDir)) yield `a lease is left: ${path}`;
  for (const holder of await heldInLedger(stage)) yield `the ledger still holds: ${holder}`;
}

let bundled: Promise<{ code: string }> | undefined;

let turn: Promise<unknown> = Promise.resolve();

/** What a worker would meet that takes the run, or the ledger, over now. One stage after the other: side by side they take many times as long. */
function unplayable(stage: Stage): Promise<string[]> {
  const mine = turn.catch(() => undefined).then(() => replayed(stage));
  turn = mine;
  return mine;
}

async function replayed({ client, workflowId, environment, place }: Stage): Promise<string[]> {
  const ledger = ledgerId(environment, place.taskQueue);
  const isThere = await client.temporal.workflow
    .getHandle(ledger)
    .describe()
    .then(
      () => true,
      () => false,
    );
  return replayProblems(client.temporal, await (bundled ??= bundleFromSource()), [workflowId, ...(isThere ? [ledger] : [])]);
}

/** Everything that must hold when a run has ended, whatever was killed under way. @returns what does not */
export async function violations(stage: Stage, result: RunResult): Promise<string[]> {
  const found = [...tooMuch(stage, result), ...untrue(stage, result)];
  for await (const left of leftBehind(stage)) found.push(left);
  return [...found, ...(await unplayable(stage))];
}
