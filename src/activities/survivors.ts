import type { Order } from '../domain/order.ts';
import { processOf } from '../domain/process.ts';
import { floorRefusal } from '../domain/survivors.ts';
import type { Target } from '../domain/target.ts';
import type { Deed, FaultPorts, SurvivorsPort } from '../faults/ports.ts';
import { deedOf, skipped } from '../faults/process/order.ts';
import type { TargetPorts } from '../targets/ports.ts';
import { discover, readyOf } from './discover.ts';

/** How old a look at the whole population may be at the instant of the deed, milliseconds. Whether each of them lives is read again anyway. */
const FRESH_MS = 250;

/** What the floor needs of the site. */
export interface FloorPorts {
  /** The site that this worker serves the order for. */
  site: string;
  targets: TargetPorts;
  survivors: SurvivorsPort;
}

/** A look at the population: who was ready, and when. */
interface Look {
  size: number;
  ready: Target[];
  atMs: number;
}

/** Why an order must not be carried out by the workers of this site, whatever it says. */
export const wrongSite = ({ target }: Order, { site }: Pick<FloorPorts, 'site'>): string | undefined =>
  target.site === site ? undefined : `the order is for site ${target.site}, and this worker serves site ${site}`;

/**
 * The ports of a fault, with the survivor floor between its intent and its deed: immediately before the deed the population is looked at,
 * alone on this machine, and the deed is refused when too few would be left. A floor that cannot be checked refuses.
 *
 * It lies inside of the journal's `once`, so that an order which was carried out answers with its deed and is never called refused. An
 * attempt that was cut off is settled by its fault first: that may find that the deed was done, but may not do it any more.
 */
export function underFloor(ports: FaultPorts, place: FloorPorts, order: Order, signal: AbortSignal): FaultPorts {
  let refusal: string | undefined;
  const { processes, journal } = ports;
  return {
    ...ports,
    processes: {
      ...processes,
      signal: (...args) => (refusal === undefined ? processes.signal(...args) : Promise.resolve({ kind: 'refused', why: refusal })),
      protectionOf: (...args) => (refusal === undefined ? processes.protectionOf(...args) : Promise.resolve(refusal)),
    },
    journal: {
      ...journal,
      once: (entry, act, ...rest) =>
        journal.once(
          entry,
          (earlier) =>
            atTheInstant(ports, place, order, signal, async (why) => {
              refusal = why;
              if (why === undefined || earlier) return act(earlier);
              return (await ownObstacle(ports, order, signal)) ?? skipped(`refused: ${why}`);
            }),
          ...rest,
        ),
    },
  };
}

/** What would have kept the victim from being hit in any case: a better reason than too few of the others. */
async function ownObstacle({ processes }: FaultPorts, { target }: Order, signal: AbortSignal): Promise<Deed | undefined> {
  const victim = processOf(target);
  const { kind, evidence } = await processes.inspect(victim);
  if (kind === 'ended') return deedOf({ kind: 'gone', evidence });
  if (kind === 'replaced') return skipped(`the victim was replaced: ${evidence}`);
  if (kind === 'elsewhere') return deedOf({ kind: 'refused', why: evidence });
  const why = await processes.protectionOf(victim, signal);
  return why === undefined ? undefined : deedOf({ kind: 'protected', why });
}

/** Runs the deed with what forbids it at this instant, if anything does. The victim counts as gone from before the deed until its effect shows. */
async function atTheInstant(
  ports: FaultPorts,
  place: FloorPorts,
  order: Order,
  signal: AbortSignal,
  act: (refusal: string | undefined) => Promise<Deed>,
): Promise<Deed> {
  const { survivors } = place;
  const noted = async (): Promise<Deed> => {
    await survivors.note({ key: order.key, targetId: order.target.id, atMs: Date.now() });
    const deed = await act(undefined);
    if (deed.outcome === 'skipped') await survivors.forget(order.key);
    return deed;
  };
  if (order.survivors.atLeast === 0) return noted();
  const early = await look(place, order, signal);
  return survivors.exclusively(
    async () => {
      const refusal = await refusalNow(ports, place, order, signal, early);
      return refusal === undefined ? noted() : act(refusal);
    },
    order.notAfterMs,
    signal,
  );
}

/** What the population looks like, or why nobody can say. */
async function look(place: FloorPorts, { survivors }: Order, signal: AbortSignal): Promise<Look | string> {
  try {
    const atMs = Date.now();
    const population = await discover(survivors.targets, place.site, place.targets, signal);
    return { size: population.targets.length, ready: readyOf(population), atMs };
  } catch (error) {
    signal.throwIfAborted();
    return unchecked(error);
  }
}

/** A look that had to wait for its turn is taken again; who has died or was stopped since is found by reading each one's own state. */
async function refusalNow(
  ports: FaultPorts,
  place: FloorPorts,
  order: Order,
  signal: AbortSignal,
  early: Look | string,
): Promise<string | undefined> {
  const isFresh = typeof early !== 'string' && Date.now() - early.atMs <= FRESH_MS;
  const seen = isFresh ? early : await look(place, order, signal);
  if (typeof seen === 'string') return seen;
  try {
    const hit = await hitJustNow(ports, place);
    const conditions = await Promise.all(seen.ready.map((target) => ports.processes.inspect(processOf(target))));
    const ready = seen.ready.filter((_, i) => conditions[i]?.kind === 'running').map(({ id }) => id);
    return floorRefusal({ size: seen.size, ready, hit }, order.target.id, order.survivors.atLeast);
  } catch (error) {
    return unchecked(error);
  }
}

const unchecked = (error: unknown): string =>
  `the survivor floor cannot be checked: ${error instanceof Error ? error.message : String(error)}`;

/** Victims whose effect may not show yet. One whose fault was undone counts again. */
async function hitJustNow({ journal }: FaultPorts, { survivors }: FloorPorts): Promise<string[]> {
  const hits = await survivors.recent();
  const records = await Promise.all(hits.map(({ key }) => journal.read(key)));
  return hits.filter((_, i) => records[i]?.reversal === undefined).map(({ targetId }) => targetId);
}
