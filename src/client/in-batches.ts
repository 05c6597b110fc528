/** So many schedules are asked about at once: Temporal answers each with its whole experiment. */
const AT_ONCE = 10;

/** Asks about some at once, in their order. Whoever has enough stops, and the rest is not asked. */
export async function* inBatches<T, R>(all: readonly T[], ask: (one: T) => Promise<R>): AsyncGenerator<R[], void> {
  for (let at = 0; at < all.length; at += AT_ONCE) yield await Promise.all(all.slice(at, at + AT_ONCE).map(ask));
}
