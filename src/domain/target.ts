/** A thing that may be hit, as discovery saw it. Plain data: it travels through histories. */
export interface Target {
  /** Target kind, a key of the `targets` catalogue, such as `process`. */
  kind: string;
  /** Identity in one string; two discoveries of the same living thing give the same id, its replacement gives another. */
  id: string;
  /** The site whose workers can reach it. */
  site: string;
  /** What a person calls it: `payment-worker-2 (pid 4711)`. */
  name: string;
  labels: Record<string, string>;
  /** What pins it, in the terms of its kind: pid, start time, boot id; pod UID, container id, restart count. */
  identity: Record<string, string | number>;
}

/** A target that discovery found but that must not be hit, with the reason. Shown by `plan`, never chosen. */
export interface ProtectedTarget {
  target: Target;
  why: string;
}

/** A target that lives but is not ready: it counts among no survivors, and is not chosen. */
export interface UnreadyTarget {
  id: string;
  name: string;
  why: string;
}

/** What discovery found: who may be hit and who may not. */
export interface Population {
  targets: Target[];
  protected: ProtectedTarget[];
  /** Those of `targets` that are not ready, with the reason. */
  unready: UnreadyTarget[];
  /** Since when each of `targets` lives, by id, epoch milliseconds; absent where the kind does not tell. */
  startedAtMs?: Record<string, number>;
}
