/** A write that somebody waits for. */
interface Waiting<T> {
  item: T;
  resolve: () => void;
  reject: (cause: unknown) => void;
}

/**
 * Lets writes that come at the same time, or while one is under way, share a statement; each is answered for itself. When a shared statement is
 * refused, every item is written alone, so that one bad item fails nobody else's. What cannot be written now (`mayHeal`) fails for all at once.
 * @param write all of them or none
 * @returns `settled` waits until everything that was put is answered
 * @param sizeOf how much an item weighs; no statement carries more than `maxSize`, unless one item alone does
 */
export function mergeWrites<T>(
  write: (items: readonly T[]) => Promise<void>,
  mayHeal: (cause: unknown) => boolean,
  sizeOf: (item: T) => number,
  maxSize: number,
): { put: (item: T) => Promise<void>; settled: () => Promise<void> } {
  let waiting: Waiting<T>[] = [];
  let writing: Promise<void> | undefined;

  const settle = async (some: readonly Waiting<T>[]): Promise<void> => {
    try {
      await write(some.map(({ item }) => item));
      for (const { resolve } of some) resolve();
    } catch (cause) {
      if (some.length > 1 && !mayHeal(cause)) for (const one of some) await settle([one]);
      else for (const { reject } of some) reject(cause);
    }
  };
  const drain = async (): Promise<void> => {
    await Promise.resolve(); // whoever wants to write at this instant has said so then
    while (waiting.length > 0) {
      const count = fitting(
        waiting.map(({ item }) => sizeOf(item)),
        maxSize,
      );
      const some = waiting.slice(0, count);
      waiting = waiting.slice(count);
      await settle(some);
    }
    writing = undefined;
  };
  return {
    put: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        writing ??= drain();
      }),
    settled: () => writing ?? Promise.resolve(),
  };
}

/** How many from the front weigh `max` together, at least one. */
function fitting(sizes: readonly number[], max: number): number {
  let sum = 0;
  const end = sizes.findIndex((size) => (sum += size) > max);
  return end < 0 ? sizes.length : Math.max(1, end);
}
