import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CrashOutcome } from './crash.ts';

const fileOf = (dir: string): string => join(dir, 'points.jsonl');

/** Keeps a point as soon as it was played, so that a matrix that was interrupted goes on where it was. */
export function keepPoint(dir: string, outcome: CrashOutcome): void {
  mkdirSync(dir, { recursive: true });
  appendFileSync(fileOf(dir), `${JSON.stringify(outcome)}\n`);
}

/** Points that a report folder holds already, by name. Those that violated something are played again. */
export function playedBefore(dir: string | undefined): Map<string, CrashOutcome> {
  if (dir === undefined || !existsSync(fileOf(dir))) return new Map();
  const lines = readFileSync(fileOf(dir), 'utf8').split('\n').filter(Boolean);
  const outcomes = lines.map((text) => JSON.parse(text) as CrashOutcome).filter(({ violations }) => violations.length === 0);
  return new Map(outcomes.map((outcome) => [outcome.name, outcome]));
}
