import { setTimeout as sleep } from 'node:timers/promises';
import type { Component } from './components.ts';
import { MissedMoment } from './history.ts';
import { violations } from './invariants.ts';
import { TemporalPool } from './own-temporal.ts';
import { onStage, type Stage, type StageOptions } from './stage.ts';

/** From the death to the verdict: a restart, an order that is waited out, and the rest of the run on a busy machine. */
const ENDS_WITHIN_MS = 120_000;

/** One point of the matrix: what dies, and when. */
export interface Crash {
  name: string;
  component: Component;
  /** Returns at the instant of the kill. @throws MissedMoment when it cannot come any more */
  moment: (stage: Stage) => Promise<void>;
  options?: StageOptions;
  /** Chooses who dies where there is a choice. */
  pick?: number;
  /** What must have been so at the instant of the death, or the row has missed its moment. @returns why it has */
  missed?: (stage: Stage) => string | undefined;
  afterKill?: (stage: Stage) => Promise<void>;
  /** The same point with more patience, for when its moment did not come. @param misses how often it was missed */
  again?: (misses: number) => Crash;
}

/** How it went. */
export interface CrashOutcome {
  name: string;
  component: string;
  verdict: string;
  rule: string;
  reason: string;
  violations: string[];
  missed?: string;
  /** From the death until those that were stopped then ran again, milliseconds. */
  undoneAfterMs?: number;
  /** From the death to the verdict, milliseconds. */
  endedAfterMs: number;
}

/** @returns how long after the death the last of them was seen not to be stopped, milliseconds */
async function undoneAfter(stage: Stage, stopped: readonly number[], killedMs: number): Promise<number> {
  const waiting = new Set(stopped);
  while (waiting.size > 0 && Date.now() < killedMs + ENDS_WITHIN_MS) {
    const now = stage.victims.stopped();
    for (const pid of waiting) if (!now.includes(pid)) waiting.delete(pid);
    if (waiting.size > 0) await sleep(5);
  }
  return Date.now() - killedMs;
}

async function killAt({ component, pick = 0, moment, missed, afterKill }: Crash, stage: Stage) {
  await moment(stage);
  const stopped = stage.victims.stopped();
  const killedMs = Date.now();
  await component.kill(stage, pick);
  const why = missed?.(stage);
  const reviving = Promise.resolve(component.revive?.(stage));
  reviving.catch(() => undefined); // awaited below, after what must not wait for it
  if (afterKill) await reviving.then(() => afterKill(stage));
  const undoneAfterMs = stopped.length > 0 ? await undoneAfter(stage, stopped, killedMs) : undefined;
  await reviving;
  return { killedMs, ...(why !== undefined && { missed: why }), ...(undoneAfterMs !== undefined && { undoneAfterMs }) };
}

/** Plays one run in which something is killed -9. */
export const crash = (row: Crash): Promise<CrashOutcome> =>
  onStage(row.name, row.options ?? {}, async (stage) => {
    await row.component.cast(stage);
    await stage.startRun();
    const { killedMs, ...seen } = await killAt(row, stage).catch((cause: unknown) => {
      if (cause instanceof MissedMoment) return { killedMs: Date.now(), missed: cause.message };
      throw cause;
    });
    const result = await stage.verdict(ENDS_WITHIN_MS);
    const endedAfterMs = Date.now() - killedMs;
    const { verdict, rule, reason } = result;
    const found = await violations(stage, result);
    return { name: row.name, component: row.component.name, verdict, rule, reason, violations: found, ...seen, endedAfterMs };
  });

const TRIES = 3;

/** A row that missed its moment on a busy machine is played again; what it found is kept. */
async function crashOnTime(row: Crash, temporals: TemporalPool): Promise<CrashOutcome> {
  const missed: CrashOutcome[] = [];
  const play = (point: Crash) =>
    point.component.killsTemporal
      ? temporals.lend((temporal) => crash({ ...point, options: { ...point.options, temporal } }))
      : crash(point);
  for (;;) {
    const outcome = await play((missed.length > 0 && row.again?.(missed.length)) || row);
    const earlier = missed.flatMap(({ violations: found }) => found);
    if (outcome.missed === undefined || missed.push(outcome) === TRIES)
      return { ...outcome, violations: [...earlier, ...outcome.violations] };
  }
}

/**
 * Plays them a few at a time. A row that throws is a violation, not an end of the others.
 * @param note sees each outcome as it comes
 */
export async function crashAll(
  rows: readonly Crash[],
  atOnce: number,
  note: (outcome: CrashOutcome) => void = () => undefined,
): Promise<CrashOutcome[]> {
  const waiting = [...rows];
  const outcomes: CrashOutcome[] = [];
  const temporals = new TemporalPool();
  const play = async (): Promise<void> => {
    for (let row = waiting.shift(); row; row = waiting.shift()) {
      const outcome = await crashOnTime(row, temporals).catch(brokenOff(row));
      outcomes.push(outcome);
      note(outcome);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, play));
  } finally {
    await temporals.stop();
  }
  return outcomes;
}

const brokenOff =
  ({ name, component }: Crash) =>
  (cause: unknown): CrashOutcome => ({
    name,
    component: component.name,
    verdict: '',
    rule: '',
    reason: '',
    violations: [String(cause)],
    endedAfterMs: NaN,
  });
