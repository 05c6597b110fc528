import type { Order, Spec, Survivors } from '../domain/order.ts';
import { processOf } from '../domain/process.ts';
import { floorRefusal, type Standing } from '../domain/survivors.ts';
import type { Population, Target } from '../domain/target.ts';
import { trafficRefusal } from '../faults/kubernetes/share.ts';
import type { FaultPorts, SurvivorsPort } from '../faults/ports.ts';
import type { TargetPorts } from '../targets/ports.ts';
import { discover, readyOf } from './discover.ts';

/** How old the last look at who is ready may be at the instant of the deed, milliseconds. Whether each of them still runs is read then. */
const FRESH_MS = 1_000;
/** A shared look outlives the order that asked for it first. */
const NEVER = new AbortController().signal;

/** What the floor needs of the site. */
export interface FloorPorts {
  /** The site that this worker serves the order for. */
  site: string;
  environments?: readonly string[];
  targets: TargetPorts;
  survivors: SurvivorsPort;
}

/** A look at a population: who was ready, and when the look ended. */
interface Look {
  size: number;
  ready: Target[];
  atMs: number;
}

/** Why an order must not be carried out by the workers of this site, whatever it says. */
export const wrongSite = ({ target }: Order, { site }: Pick<FloorPorts, 'site'>): string | undefined =>
  target.site === site ? undefined : `the order is for site ${target.site}, and this worker serves site ${site}`;

/**
 * Creates what gives a fault its ports with the survivor floor immediately before the deed: when nothing else is in its way, the survivors are
 * counted, one order at a time on this machine, and the deed is refused when too few would be left. A floor that cannot be checked refuses.
 *
 * From the moment that it is let through, the victim counts as gone for every other order, until its effect shows. An order that was carried
 * out answers from the journal, and an attempt that was cut off is settled by its fault: neither is called refused afterwards.
 */
export function createFloor(ports: FaultPorts, place: FloorPorts): (order: Order, signal: AbortSignal) => FaultPorts {
  const { processes } = ports;
  const { survivors } = place;
  const look = createLook(place);

  /** Counts the victim out of the survivors, or says why that must not be. Safe to repeat. */
  const countOut = async (order: Order, signal: AbortSignal): Promise<string | undefined> => {
    const hit = { key: order.key, targetId: order.target.id, atMs: Date.now() };
    const { targets, atLeast } = order.survivors;
    if (atLeast > 0) {
      const why = floorRefusal(await standing(ports, place, await look(targets, signal), order.survivors), order.target.id, atLeast);
      if (why !== undefined) return why;
    }
    await survivors.note(hit);
    return undefined;
  };
  const refusalOf = async (order: Order, signal: AbortSignal): Promise<string | undefined> => {
    const { targets, atLeast } = order.survivors;
    const fenced = order.traffic && (await trafficRefusal(ports, order.traffic, signal));
    if (fenced !== undefined) return fenced;
    if (atLeast === 0) return countOut(order, signal);
    try {
      await look(targets, signal); // before its turn comes, side by side with others
      return await survivors.exclusively(() => countOut(order, signal), order.notAfterMs, signal);
    } catch (error) {
      signal.throwIfAborted();
      return `the survivor floor cannot be checked: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  const needed = (why: string | undefined): string | undefined => (why === undefined ? undefined : `must not be hit: ${why}`);

  return (order, signal) => ({
    ...ports,
    processes: {
      ...processes,
      signal: (victim, name, notAfterMs, aborted) => processes.signal(victim, name, notAfterMs, aborted, () => refusalOf(order, signal)),
      protectionOf: async (victim, aborted) => (await processes.protectionOf(victim, aborted)) ?? needed(await refusalOf(order, signal)),
    },
    floor: { refusal: async (_, aborted) => needed(await refusalOf(order, aborted)) },
  });
}

/** Looks at a population, unless somebody has done so within the last second or is about it: fifty orders at once look once. */
function createLook({ site, targets }: FloorPorts): (spec: Spec, signal: AbortSignal) => Promise<Look> {
  const looks = new Map<string, Look>();
  const underWay = new Map<string, Promise<Look>>();
  const begin = async (spec: Spec, key: string): Promise<Look> => {
    const population = await discover(spec, site, targets, NEVER);
    const seen = { size: population.targets.length, ready: readyOf(population), atMs: Date.now() };
    for (const [other, { atMs }] of looks) if (Date.now() - atMs > FRESH_MS) looks.delete(other);
    looks.set(key, seen);
    return seen;
  };
  return async (spec, signal) => {
    const key = JSON.stringify(spec);
    const known = looks.get(key);
    if (known && Date.now() - known.atMs <= FRESH_MS) return known;
    const looking = underWay.get(key) ?? begin(spec, key).finally(() => underWay.delete(key));
    underWay.set(key, looking);
    const seen = await looking;
    signal.throwIfAborted();
    return seen;
  };
}

/** Who of those that were ready still runs, and who of them was hit just now. One whose fault was undone counts again. */
async function standing(ports: FaultPorts, place: FloorPorts, { size, ready: seen }: Look, { targets }: Survivors): Promise<Standing> {
  const { survivors } = place;
  const { journal } = ports;
  const ready = (await runningNow(seen, ports, () => discover(targets, place.site, place.targets, NEVER))).map(({ id }) => id);
  const hits = await survivors.recent(ready);
  const records = await Promise.all(hits.map(({ key }) => journal.read(key)));
  return { size, ready, hit: hits.filter((_, i) => records[i]?.reversal?.undone !== true).map(({ targetId }) => targetId) };
}

/** Those that still live. Processes are looked at one by one; of anything else its system is asked again, because one answer tells of all. */
async function runningNow(seen: readonly Target[], { processes }: FaultPorts, lookAgain: () => Promise<Population>): Promise<Target[]> {
  if (seen.every(({ kind }) => kind === 'process')) {
    const conditions = await Promise.all(seen.map((target) => processes.inspect(processOf(target))));
    return seen.filter((_, i) => conditions[i]?.kind === 'running');
  }
  const now = new Set(readyOf(await lookAgain()).map(({ id }) => id));
  return seen.filter(({ id }) => now.has(id));
}
