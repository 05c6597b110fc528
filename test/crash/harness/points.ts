import { setTimeout as sleep } from 'node:timers/promises';
import { worker, type Component } from './components.ts';
import type { Crash } from './crash.ts';
import { fourWaves } from './document.ts';
import { eventWritten, followHistory, transactionsOf, type HistoryEvent } from './history.ts';
import { violations } from './invariants.ts';
import { momentsOf, nameOf, type Moment } from './transactions.ts';
import { onStage, type StageOptions } from './stage.ts';

/** The faults of the four waves: one that must be undone, and one that cannot be. */
export const VARIANTS = ['pause', 'kill'] as const;
export type Variant = (typeof VARIANTS)[number];

/** A variant as it was played undisturbed, and the moments that its history offers. */
export interface Reference {
  variant: Variant;
  holdMs: number;
  /** How many events its history has. */
  events: number;
  moments: Moment[];
}

const ENDS_WITHIN_MS = 240_000;
const SHORTEST_HOLD_MS = 1_500;
/** On a busy machine an injection may come later than the hold lasts, and the run is inconclusive: the hold is doubled until it is long enough. */
const REFERENCE_TRIES = 5;
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
    const played = await playUndisturbed(variant, holdMs).catch((cause: unknown) => void failures.push(cause));
    if (played) return { variant, holdMs, ...played };
  }
  throw new AggregateError(failures, `${variant}: ${failures.map(String).join('; ')}`);
}

const playUndisturbed = (variant: Variant, holdMs: number): Promise<Pick<Reference, 'events' | 'moments'>> =>
  onStage(`reference ${variant}`, optionsOf(variant, holdMs), async (stage) => {
    await worker.cast(stage);
    await stage.startRun();
    const events: HistoryEvent[] = [];
    await followHistory(stage.place.temporalAddress, stage.workflowId, (event) => void events.push(event));
    const result = await stage.verdict(ENDS_WITHIN_MS);
    const found = await violations(stage, result);
    if (result.verdict !== 'passed' || found.length > 0)
      throw new Error(`the undisturbed run: ${result.verdict} (${result.reason}) ${found.join('; ')}`);
    return { events: events.length, moments: momentsOf(events, await transactionsOf(stage.place.temporalAddress, stage.workflowId)) };
  });

/** The point of the matrix at which a component dies at a moment of a variant. @param nth chooses who dies where there is a choice */
export const pointAt = (reference: Reference, component: Component, moment: Moment, nth = 0, misses = 0): Crash => {
  const { variant, holdMs } = reference;
  const { id, delayMs } = moment;
  return {
    name: `${component.name}, ${variant}, ${nameOf(moment)}`,
    component,
    pick: nth,
    options: optionsOf(variant, holdMs * 2 ** misses),
    moment: async (stage) => {
      await eventWritten(stage.place.temporalAddress, stage.workflowId, id);
      await sleep(delayMs);
    },
    again: (more) => pointAt(reference, component, moment, nth, more),
  };
};
