import { setTimeout as sleep } from 'node:timers/promises';
import type { Phase } from '../../../src/domain/run.ts';
import { violations } from './invariants.ts';
import { onStage, type Stage, type StageOptions } from './stage.ts';

const ENDS_WITHIN_MS = 75_000;

/** When a worker dies. */
export interface Crash {
  name: string;
  /** Returns at the instant of the kill. */
  moment: (stage: Stage) => Promise<void>;
  options?: StageOptions;
  /** A second worker is there already, instead of one that is started after the death. */
  standby?: boolean;
  /** The phase of the moment, where asking for it would miss the instant. */
  during?: Phase;
  /** What must have been so at the instant of the death, or the row has missed its moment. @returns why it has */
  missed?: (stage: Stage) => string | undefined;
  afterKill?: (stage: Stage) => Promise<void>;
}

/** How it went. */
export interface CrashOutcome {
  name: string;
  /** The phase of the death: what the row knows, else what the last query before it saw. */
  phase: string;
  verdict: string;
  rule: string;
  reason: string;
  violations: string[];
  missed?: string;
  /** From the death to the last undo, when a victim was stopped at the death, milliseconds. */
  undoneAfterMs?: number;
  /** From the death to the verdict, milliseconds. */
  endedAfterMs: number;
}

/** Plays one run in which a worker is killed -9. */
export const crash = ({ name, moment, options = {}, standby = false, during, missed, afterKill }: Crash): Promise<CrashOutcome> =>
  onStage(name, options, async (stage) => {
    const worker = await stage.startWorker();
    if (standby) await stage.startWorker();
    await stage.startRun();
    await moment(stage);
    const wasStopped = stage.victims.stopped().length > 0;
    worker.kill();
    const killedMs = Date.now();
    const why = missed?.(stage);
    const phase = during ?? stage.seen?.phase ?? 'not seen';
    if (!standby) await stage.spawnWorker();
    await afterKill?.(stage);
    let undoneAfterMs: number | undefined;
    if (wasStopped) {
      while (stage.victims.stopped().length > 0 && Date.now() < killedMs + ENDS_WITHIN_MS) await sleep(10);
      undoneAfterMs = Date.now() - killedMs;
    }
    const result = await stage.verdict(ENDS_WITHIN_MS);
    return {
      name,
      phase,
      verdict: result.verdict,
      rule: result.rule,
      reason: result.reason,
      violations: violations(stage, result),
      ...(why !== undefined && { missed: why }),
      ...(undoneAfterMs !== undefined && { undoneAfterMs }),
      endedAfterMs: Date.now() - killedMs,
    };
  });

const TRIES = 3;

/** A row that missed its moment on a busy machine is played again; what it found is kept. */
async function crashOnTime(row: Crash): Promise<CrashOutcome> {
  const missed: CrashOutcome[] = [];
  for (;;) {
    const outcome = await crash(row);
    const earlier = missed.flatMap(({ violations: found }) => found);
    if (outcome.missed === undefined || missed.push(outcome) === TRIES)
      return { ...outcome, violations: [...earlier, ...outcome.violations] };
  }
}

/** Plays them a few at a time. A row that throws is a violation, not an end of the others. */
export async function crashAll(rows: readonly Crash[], atOnce: number): Promise<CrashOutcome[]> {
  const waiting = [...rows];
  const outcomes: CrashOutcome[] = [];
  const play = async (): Promise<void> => {
    for (let row = waiting.shift(); row; row = waiting.shift()) {
      const { name } = row;
      outcomes.push(
        await crashOnTime(row).catch((cause: unknown) => ({
          name,
          phase: '',
          verdict: '',
          rule: '',
          reason: '',
          violations: [String(cause)],
          endedAfterMs: NaN,
        })),
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, play));
  return outcomes;
}

/** One line per point, and the summary. */
export function report(outcomes: readonly CrashOutcome[]): string {
  const undone = outcomes.flatMap(({ undoneAfterMs }) => undoneAfterMs ?? []).sort((a, b) => a - b);
  const lines = outcomes.map(({ name, phase, verdict, rule, reason, violations: found, undoneAfterMs, endedAfterMs, missed }) =>
    [
      name.padEnd(44),
      phase.padEnd(18),
      `${verdict} (${rule})`.padEnd(22),
      `ended +${Math.round(endedAfterMs)} ms`,
      undoneAfterMs === undefined ? '' : `undone +${undoneAfterMs} ms`,
      missed === undefined ? '' : `MISSED: ${missed}`,
      ...found,
      rule === 'held' ? '' : reason,
    ].join('  '),
  );
  const broken = outcomes.reduce((sum, { violations: found }) => sum + found.length, 0);
  const times =
    undone.length > 0
      ? `death to undone p50 ${undone[Math.floor((undone.length - 1) / 2)]} ms, max ${undone.at(-1)} ms`
      : 'no victim was stopped';
  return `${lines.join('\n')}\n${outcomes.length} points tried, ${broken} violations, ${times} (${undone.length} with a stopped victim)\n`;
}
