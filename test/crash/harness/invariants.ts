import type { RunResult } from '../../../src/domain/run.ts';
import { PLANNED } from './document.ts';
import type { Stage } from './stage.ts';

/**
 * How a run may end whose worker was killed: proven, stopped because nobody looked for too long, not watched long enough to tell, or denied
 * for want of data on a busy machine, which must mean that nothing happened.
 */
const ENDINGS = ['held', 'guard-blind', 'too-little-data', 'denied'];
const pidOf = (id: string): number => Number(id.split(':').at(-2));
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
  const hit = hits(stage);
  const ordered = count(victims.map(({ id }) => pidOf(id)));
  const planned = PLANNED.one + PLANNED.two;
  const total = [...hit.values()].reduce((sum, times) => sum + times, 0);
  if (total > planned) yield `${total} hits, ${planned} were planned`;
  for (const [pid, times] of hit)
    if (times > (ordered.get(pid) ?? 0)) yield `pid ${pid} was hit ${times} times; the run names it ${ordered.get(pid) ?? 0} times`;
  for (const pid of touched(stage)) if (!ordered.has(pid)) yield `pid ${pid} was touched, and the run does not name it`;
  for (const [wave, limit] of Object.entries(PLANNED)) {
    const inWave = victims.filter((victim) => victim.wave === wave);
    if (inWave.length > limit) yield `wave ${wave} has ${inWave.length} victims, ${limit} were planned`;
    if (new Set(inWave.map(({ id }) => id)).size < inWave.length) yield `wave ${wave} names a victim twice`;
  }
  if (stage.victims.stoppedAtOnce > PLANNED.two) yield `${stage.victims.stoppedAtOnce} victims were stopped at once`;
  for (const { end, pid } of stage.victims.dead())
    if (stage.faultKind === 'process-pause' || end !== 'SIGKILL') yield `pid ${pid} ended by ${end}, which was not ordered`;
}

function* untrue(stage: Stage, { victims, verdict, rule, reason, leftovers }: RunResult): Generator<string> {
  const hit = touched(stage);
  if (leftovers.length > 0) yield `leftovers: ${leftovers.join('; ')}`;
  if (rule === 'denied' && hit.size > 0) yield `denied, and ${hit.size} were hit`;
  if (!ENDINGS.includes(rule)) yield `verdict ${verdict} (${rule}): ${reason}`;
  for (const { id, injection } of victims)
    if (injection?.outcome === 'injected' && !hit.has(pidOf(id))) yield `the run says that ${id} was hit, and it was not`;
  if (verdict !== 'passed') return;
  if (victims.length !== PLANNED.one + PLANNED.two) yield `passed with ${victims.length} victims of ${PLANNED.one + PLANNED.two}`;
  for (const { id, injection } of victims) if (!injection?.effect.proven) yield `passed, and the fault on ${id} is not proven`;
}

/** Everything that must hold when a run has ended, whatever was killed under way. @returns what does not */
export function violations(stage: Stage, result: RunResult): string[] {
  const found = [...tooMuch(stage, result), ...untrue(stage, result)];
  for (const pid of stage.victims.stopped()) found.push(`pid ${pid} is still stopped`);
  return found;
}
