import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CrashOutcome } from './crash.ts';

/** Count, median, p99 and worst of times in milliseconds, by nearest rank; undefined for none. */
export interface Times {
  count: number;
  p50: number;
  p99: number;
  max: number;
}

/** What the points of one component came to. */
export interface ComponentSummary {
  component: string;
  points: number;
  violations: number;
  /** Points whose moment did not come in any try. */
  missed: number;
  verdicts: Record<string, number>;
  deathToUndoneMs: Times | undefined;
}

/** @returns undefined when there are none */
export function timesOf(numbers: readonly number[]): Times | undefined {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
  return sorted.length === 0 ? undefined : { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Per component, in the order in which they were first played, and all together at the end. */
export function summarise(outcomes: readonly CrashOutcome[]): ComponentSummary[] {
  const of = (component: string, mine: readonly CrashOutcome[]): ComponentSummary => ({
    component,
    points: mine.length,
    violations: mine.reduce((sum, { violations }) => sum + violations.length, 0),
    missed: mine.filter(({ missed }) => missed !== undefined).length,
    verdicts: mine.reduce<Record<string, number>>((all, { verdict, rule }) => {
      const ending = verdict ? `${verdict} (${rule})` : 'broken off';
      return { ...all, [ending]: (all[ending] ?? 0) + 1 };
    }, {}),
    deathToUndoneMs: timesOf(mine.flatMap(({ undoneAfterMs }) => undoneAfterMs ?? [])),
  });
  const names = [...new Set(outcomes.map(({ component }) => component))];
  const each = names.map((name) =>
    of(
      name,
      outcomes.filter(({ component }) => component === name),
    ),
  );
  return each.length === 1 ? each : [...each, of('all', outcomes)];
}

/** One line of a point. */
export const line = ({ name, verdict, rule, reason, violations, undoneAfterMs, endedAfterMs, missed }: CrashOutcome): string =>
  [
    name.padEnd(76),
    `${verdict} (${rule})`.padEnd(22),
    `ended +${Math.round(endedAfterMs)} ms`,
    undoneAfterMs === undefined ? '' : `undone +${undoneAfterMs} ms`,
    missed === undefined ? '' : `MISSED: ${missed}`,
    ...violations.map((text) => `VIOLATION: ${text}`),
    rule === 'held' ? '' : reason,
  ]
    .filter(Boolean)
    .join('  ');

/** @returns what says a point as soon as it was played, with how many of them are done and the minutes that the rest will take */
export function progress(points: number): (outcome: CrashOutcome) => string {
  const startedMs = Date.now();
  let done = 0;
  return (outcome) => {
    const leftMin = Math.ceil(((Date.now() - startedMs) / ++done / 60_000) * (points - done));
    return `[${done}/${points}, about ${leftMin} min left] ${line(outcome)}`;
  };
}

/** Points tried, violations, and how long it took from death to undone. */
export const summaryLine = ({ component, points, violations, missed, deathToUndoneMs: times }: ComponentSummary): string =>
  [
    component.padEnd(20),
    `${points} points tried`,
    `${violations} violations`,
    missed ? `${missed} whose moment never came` : '',
    times ? `death to undone p50 ${times.p50} ms, p99 ${times.p99} ms, max ${times.max} ms (${times.count} with a stopped victim)` : '',
  ]
    .filter(Boolean)
    .join(', ');

/** All points and the summary. */
export const report = (outcomes: readonly CrashOutcome[]): string =>
  `${[...outcomes].map(line).join('\n')}\n${summarise(outcomes).map(summaryLine).join('\n')}\n`;

/** Writes a report as JSON into a folder. */
export function keepReport(dir: string, name: string, content: { outcomes: readonly CrashOutcome[]; [about: string]: unknown }): void {
  mkdirSync(dir, { recursive: true });
  const { outcomes, ...about } = content;
  writeFileSync(join(dir, `${name}.json`), `${JSON.stringify({ ...about, summary: summarise(outcomes), outcomes }, null, 2)}\n`);
}
