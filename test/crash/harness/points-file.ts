import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CrashOutcome } from './crash.ts';
import type { Reference } from './points.ts';

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

/** What names the build that is killed: SHA-256 over its code. */
function digestOf(dist: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(dist, { recursive: true }).map(String);
  for (const name of files.filter((file) => file.endsWith('.js')).sort()) hash.update(name).update(readFileSync(join(dist, name)));
  return hash.digest('hex');
}

/**
 * The undisturbed runs that a report folder begins with, played when it has none: all parts of a matrix are about the same moments of the same build.
 * @throws Error when the folder is about another build
 */
export async function referencesIn(dir: string | undefined, dist: string, play: () => Promise<Reference[]>): Promise<Reference[]> {
  if (dir === undefined) return play();
  const [file, build] = [join(dir, 'references.json'), digestOf(dist)];
  if (existsSync(file)) {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { build: string; references: Reference[] };
    if (kept.build !== build) throw new Error(`${dir} is about another build: move it away, or \`make clean\``);
    return kept.references;
  }
  const references = await play();
  mkdirSync(dir, { recursive: true });
  writeFileSync(file, JSON.stringify({ build, references }, null, 2));
  return references;
}
