import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Component } from './components.ts';
import type { Crash } from './crash.ts';
import { pointAt, type Reference } from './points.ts';
import type { Moment } from './transactions.ts';

/** How often each component is killed in a sample; those that are not named, once. */
const SAMPLED: Record<string, number> = { worker: 3, 'one of two workers': 2, 'site worker': 2, 'control worker': 2, temporal: 2 };

/** What is to be played. */
export interface Choice {
  /** `full`, `states` (without the pauses), `sample`, or a text that the names must hold. */
  chosen: string;
  seed: number;
  shard: readonly [part: number, parts: number];
}

/**
 * The points of a matrix. In full: every component after every transaction of the history, so after every event, and then in the pauses between.
 * A sample is stratified: a component's points lie in different parts of the run.
 */
export function choosePoints(references: readonly Reference[], components: readonly Component[], { chosen, seed, shard }: Choice): Crash[] {
  if (chosen === 'sample') return sampled(references, components, seed);
  const those = (isWanted: (moment: Moment) => boolean): Crash[] =>
    components.flatMap((component) =>
      playableIn(references, component).flatMap((reference) =>
        reference.moments.filter(isWanted).map((moment, nth) => pointAt(reference, component, moment, nth)),
      ),
    );
  const [part, parts] = shard;
  const states = those(({ delayMs }) => delayMs === 0);
  const all = chosen === 'states' ? states : [...states, ...those(({ delayMs }) => delayMs > 0)];
  return all
    .filter(({ name }) => ['full', 'states'].includes(chosen) || name.includes(chosen))
    .filter((_point, i) => i % parts === part - 1);
}

/** The moments at which there is somebody to kill. @throws Error when the run never comes to where it lives: nothing would be played */
function playableIn(references: readonly Reference[], { livesAfter }: Component): Reference[] {
  if (livesAfter === undefined) return [...references];
  return references
    .filter(({ variant }) => variant === 'pause')
    .map((reference) => {
      const since = reference.moments.find(({ label }) => label.endsWith(livesAfter))?.id;
      if (since === undefined) throw new Error(`the undisturbed run has no ${livesAfter}`);
      return { ...reference, moments: reference.moments.filter(({ id }) => id > since) };
    });
}

function sampled(references: readonly Reference[], components: readonly Component[], seed: number): Crash[] {
  const random = xoroshiro128plus(seed);
  return components.flatMap((component) => {
    const times = SAMPLED[component.name] ?? 1;
    const playable = playableIn(references, component);
    return Array.from({ length: times }, (_, nth) => nth).flatMap((nth) => {
      const reference = playable[nth % playable.length];
      if (!reference) return [];
      const { moments } = reference;
      const [from, to] = [nth, nth + 1].map((slice) => Math.floor((slice * moments.length) / times)) as [number, number];
      const moment = moments[uniformInt(random, from, Math.max(from, to - 1))];
      return moment ? [pointAt(reference, component, moment, nth)] : [];
    });
  });
}
