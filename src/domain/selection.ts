import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { BlastRadius, Selection } from './experiment/waves.ts';
import type { Target } from './target.ts';

/** What was chosen and every reason that made it fewer than asked for, or nobody. */
export interface Choice {
  victims: Target[];
  wanted: number;
  reductions: string[];
}

export interface ChoiceInput {
  /** Whoever the wave may hit. */
  eligible: readonly Target[];
  /** Everybody that survivors are counted among; contains the eligible. */
  populationSize: number;
  selection: Selection;
  caps: Pick<BlastRadius, 'maxVictims' | 'maxPercent' | 'maxConcurrent' | 'survivorsAtLeast'>;
  /** How many of the population live and are ready; all when absent. */
  readySize?: number;
  /** How many must be left alive and ready, when it is more than the caps say. */
  floor?: number;
  /** Names of the victims of earlier iterations of this wave: they count against the cap, and others are preferred. */
  alreadyHit: readonly string[];
  seed: number;
}

/** A seeded shuffle that does not depend on the order of discovery. */
function shuffle(targets: readonly Target[], seed: number): Target[] {
  const pool = [...targets].sort((a, b) => (a.name === b.name ? compare(a.id, b.id) : compare(a.name, b.name)));
  const generator = xoroshiro128plus(seed);
  for (let i = pool.length - 1; i > 0; i--) {
    const j = uniformInt(generator, 0, i);
    [pool[i], pool[j]] = [pool[j] as Target, pool[i] as Target];
  }
  return pool;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** How many the selection asks for, before the caps. A percentage is rounded down: in doubt fewer. */
function wantedCount(selection: Selection, eligible: number): number {
  if (selection === 'all') return eligible;
  return 'count' in selection ? selection.count : Math.floor(eligible * selection.percent + 1e-9);
}

/** What comes back in the place of a victim has its name but another pid: it counts as hit too, though less than the victim itself. */
const withoutPid = (name: string): string => name.replace(/ \(pid \d+\)$/, '');

function wear(name: string, alreadyHit: readonly string[]): number {
  if (alreadyHit.includes(name)) return 2;
  return alreadyHit.some((hit) => withoutPid(hit) === withoutPid(name)) ? 1 : 0;
}

/**
 * Chooses victims. Pure and seeded: the same population, selection, caps and seed give the same victims.
 * Caps always win over the selection; each reduction is named.
 */
export function chooseVictims({ eligible, populationSize, readySize, floor = 0, selection, caps, alreadyHit, seed }: ChoiceInput): Choice {
  const wanted = wantedCount(selection, eligible.length);
  const isWhole = readySize === undefined || readySize === populationSize;
  const among = isWhole ? String(populationSize) : `${populationSize}, of which ${readySize} are ready`;
  const bounds: [number, string][] = [
    [eligible.length, `only ${eligible.length} eligible`],
    [caps.maxConcurrent, `blastRadius.maxConcurrent is ${caps.maxConcurrent}`],
    [caps.maxVictims - alreadyHit.length, `blastRadius.maxVictims is ${caps.maxVictims}, ${alreadyHit.length} already hit`],
    [(readySize ?? populationSize) - caps.survivorsAtLeast, `blastRadius.survivorsAtLeast is ${caps.survivorsAtLeast} of ${among}`],
  ];
  if (floor > caps.survivorsAtLeast)
    bounds.push([(readySize ?? populationSize) - floor, `${floor} of ${among} survives, whatever the file says`]);
  if (caps.maxPercent !== undefined)
    bounds.push([
      Math.floor(populationSize * caps.maxPercent + 1e-9) - alreadyHit.length,
      `blastRadius.maxPercent is ${caps.maxPercent * 100}% of ${populationSize}`,
    ]);
  const allowed = Math.max(0, Math.min(wanted, ...bounds.map(([most]) => most)));
  const fresh = shuffle(eligible, seed).sort((a, b) => wear(a.name, alreadyHit) - wear(b.name, alreadyHit));
  const reductions = bounds.filter(([most]) => Math.max(0, most) < wanted).map(([, why]) => why);
  if (wanted === 0) reductions.push(`the selection is nobody out of ${eligible.length} eligible; a percentage is rounded down`);
  return { victims: fresh.slice(0, allowed), wanted, reductions };
}
