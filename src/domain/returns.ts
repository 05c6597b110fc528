/** The victims of an iteration whose return is timed. */
export interface Hit {
  /** Their ids, as targets. */
  ids: string[];
  /** When each was hit, epoch milliseconds, in any order. */
  atMs: number[];
}

/** A target that lives and is ready; `startedAtMs` where its kind tells since when it lives, epoch milliseconds. */
export interface ReadyTarget {
  id: string;
  startedAtMs?: number | undefined;
}

/** When victims, or who replaced them, were back: by the id of who is there now, epoch milliseconds. No more than were hit. */
export type Returns = Record<string, number>;

/**
 * Takes one look at who is ready. A victim is back when it is ready itself again, as after a pause, or when a target that was started after the first hit
 * is: replacements are not told apart, the first to come stands for the first to go. Whoever is there at the first look came at its start,
 * or before this look where that is not known.
 * @param known what earlier looks found; undefined at the first
 */
export function noteReturns(known: Returns | undefined, ready: readonly ReadyTarget[], hit: Hit, nowMs: number): Returns {
  const firstHitMs = Math.min(...hit.atMs);
  const victims = new Set(hit.ids);
  const came = ready
    .filter(
      ({ id, startedAtMs }) => known?.[id] === undefined && (victims.has(id) || (startedAtMs !== undefined && startedAtMs > firstHitMs)),
    )
    .map(({ id, startedAtMs }): [string, number] => [id, known || victims.has(id) ? nowMs : (startedAtMs ?? nowMs)])
    .sort(([, a], [, b]) => a - b);
  return Object.fromEntries([...Object.entries(known ?? {}), ...came].slice(0, hit.ids.length));
}

/** How long each victim that came back was away: hit → back, milliseconds, ascending in the order in which they came. */
export function returnTimes(returns: Returns, { atMs }: Hit): number[] {
  const hits = atMs.toSorted((a, b) => a - b);
  return Object.values(returns)
    .sort((a, b) => a - b)
    .map((backMs, i) => Math.max(0, backMs - (hits[i] ?? backMs)));
}
