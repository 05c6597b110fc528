import { setTimeout as sleep } from 'node:timers/promises';
import { worker, type Component } from './components.ts';
import type { Crash } from './crash.ts';
import { fourWaves } from './document.ts';
import { eventWritten, followHistory, type HistoryEvent } from './history.ts';
import { violations } from './invariants.ts';
import { onStage, type StageOptions } from './stage.ts';

/** The faults of the four waves: one that must be undone, and one that cannot be. */
export const VARIANTS = ['pause', 'kill'] as const;
export type Variant = (typeof VARIANTS)[number];

/** A variant as it was played undisturbed, and the moments that its history offers: one for each event. */
export interface Reference {
  variant: Variant;
  holdMs: number;
  moments: Moment[];
}

const ENDS_WITHIN_MS = 240_000;
const SHORTEST_HOLD_MS = 1_500;
/** On a busy machine an injection may come later than the hold lasts, and the run is inconclusive: the hold is doubled until it is long enough. */
const REFERENCE_TRIES = 5;
/** Events that are closer than this were written by one transaction: nothing can die between them. */
const TOGETHER_MS = 2;
const MAX_DELAY_MS = 1_500;

/** When a component dies: `delayMs` after event `event` is in the history. */
export interface Moment extends HistoryEvent {
  delayMs: number;
}

const optionsOf = (variant: Variant, holdMs: number): StageOptions => ({
  fault: { kind: `process-${variant}` },
  document: () => fourWaves(holdMs),
  victims: { count: 5 },
});

/**
 * Plays the variant undisturbed.
 * @throws Error when it does not pass in any try: then nothing that is found by killing would mean anything
 */
export async function referenceOf(variant: Variant): Promise<Reference> {
  const failures: unknown[] = [];
  for (let holdMs = SHORTEST_HOLD_MS; failures.length < REFERENCE_TRIES; holdMs *= 2) {
    const moments = await playUndisturbed(variant, holdMs).catch((cause: unknown) => void failures.push(cause));
    if (moments) return { variant, holdMs, moments };
  }
  throw new AggregateError(failures, `${variant}: ${failures.map(String).join('; ')}`);
}

const playUndisturbed = (variant: Variant, holdMs: number): Promise<Moment[]> =>
  onStage(`reference ${variant}`, optionsOf(variant, holdMs), async (stage) => {
    await worker.cast(stage);
    await stage.startRun();
    const events: HistoryEvent[] = [];
    await followHistory(stage.place.temporalAddress, stage.workflowId, (event) => void events.push(event));
    const result = await stage.verdict(ENDS_WITHIN_MS);
    const found = await violations(stage, result);
    if (result.verdict !== 'passed' || found.length > 0)
      throw new Error(`the undisturbed run: ${result.verdict} (${result.reason}) ${found.join('; ')}`);
    return momentsOf(events);
  });

/**
 * Events that were written together are one state of the run, so killing after each of them would be the same kill. They are spread over the
 * time until the next ones instead: the first dies at once, the others in the middle of what it began.
 */
export function momentsOf(events: readonly HistoryEvent[]): Moment[] {
  return events.map((event, i) => {
    const starts = (n: number): boolean => n === 0 || (events[n]?.atMs ?? Infinity) - (events[n - 1]?.atMs ?? 0) > TOGETHER_MS;
    let [first, next] = [i, i + 1];
    while (!starts(first)) first--;
    while (next < events.length && !starts(next)) next++;
    const gapMs = (events[next]?.atMs ?? event.atMs) - (events[first]?.atMs ?? 0);
    return { ...event, delayMs: Math.round(Math.min(MAX_DELAY_MS, (gapMs * (i - first)) / (next - first))) };
  });
}

/** The point of the matrix at which a component dies at a moment of a variant. */
export const pointAt = (reference: Reference, component: Component, moment: Moment, misses = 0): Crash => {
  const { variant, holdMs } = reference;
  const { id, label, delayMs } = moment;
  return {
    name: `${component.name}, ${variant}, after event ${id}: ${label}`,
    component,
    pick: id,
    options: optionsOf(variant, holdMs * 2 ** misses),
    moment: async (stage) => {
      await eventWritten(stage.place.temporalAddress, stage.workflowId, id);
      await sleep(delayMs);
    },
    again: (more) => pointAt(reference, component, moment, more),
  };
};
