import type { CommandPort } from '../domain/command.ts';
import type { KubernetesPort } from '../domain/kubernetes/port.ts';
import type { Injection, Order, OrderPlace, Reversal } from '../domain/order.ts';
import type { ProcessIdentity } from '../domain/process.ts';

/** What became of a signal. Only `delivered` touched the victim. */
export type SignalOutcome =
  | { kind: 'delivered'; atMs: number; via: 'pidfd' | 'kill' }
  | { kind: 'gone'; evidence: string }
  | { kind: 'replaced'; evidence: string; found: ProcessIdentity }
  | { kind: 'protected'; why: string }
  | { kind: 'refused'; why: string }
  | { kind: 'expired'; evidence: string };

/**
 * How a pinned process is now. `ended` includes a zombie; `replaced`: another process has the pid now.
 * `elsewhere`: the boot id is another, so this machine cannot tell.
 */
export interface ProcessCondition {
  kind: 'running' | 'stopped' | 'ended' | 'replaced' | 'elsewhere';
  evidence: string;
}

/** Acts on a process that is pinned by identity; the identity is read again at the instant of the deed. */
export interface ProcessPort {
  /**
   * Protected processes are refused whatever the caller says. Nothing is sent after `notAfterMs` or once `signal` has aborted.
   * @param refusal asked last, immediately before the signal, and only when nothing else is in its way: why it must not be sent
   */
  signal(
    victim: ProcessIdentity,
    name: string,
    notAfterMs: number,
    signal: AbortSignal,
    refusal?: () => Promise<string | undefined>,
  ): Promise<SignalOutcome>;
  /** Sends SIGCONT, the undo of a pause. Never expires and asks no protection, because it harms nobody. */
  resume(victim: ProcessIdentity): Promise<SignalOutcome>;
  inspect(victim: ProcessIdentity): Promise<ProcessCondition>;
  /** Why this process must not be hit; undefined when it may. */
  protectionOf(victim: ProcessIdentity, signal: AbortSignal): Promise<string | undefined>;
}

/** What an order did, as it is recorded. */
export type Deed = Omit<Injection, 'effect'>;

/** How far an order reaches: the site refuses what goes beyond. */
export interface OrderBounds {
  place: OrderPlace;
  /** As in `Order`. */
  epoch: number;
  victimsPlanned: number;
}

/** What is written before the deed. */
export interface JournalEntry extends OrderBounds {
  /** The order's key. */
  key: string;
  faultKind: string;
  targetId: string;
  /** What exactly is done, such as `SIGKILL`. */
  detail: string;
  /** How the victim was before; an undo restores this. */
  before: string;
  notAfterMs: number;
  atMs: number;
}

/** An intent as it is read back; what an earlier version wrote has no bounds. */
export type JournalIntent = Omit<JournalEntry, keyof OrderBounds> & Partial<OrderBounds>;

/** What is known of an order's key. */
export interface JournalRecord {
  /** The first intent; there whenever an attempt may have acted. */
  intent?: JournalIntent;
  deed?: Deed;
  /** The undo; or one that has failed for good (`isFinal`), after which nothing is changed any more. */
  reversal?: Reversal;
}

/**
 * The site's memory of orders. Survives kill -9 at any moment, and lets one attempt at a time act on a key, across processes of the machine.
 * @throws Error 'under way' when another living attempt holds the key for too long; a retry heals it
 */
export interface JournalPort {
  /**
   * Carries an order out at most once. A finished order answers with its recorded deed and `act` is not called.
   * One victim too many, and an order of an epoch that is over, are skipped with the reason, and stay skipped.
   * `act` is given the earlier intent when an attempt before this one ended without saying what it did.
   * @throws Error when such an order's earlier attempt may have acted: it is not tried again, and its undo is owed
   */
  once(entry: JournalEntry, act: (earlier: JournalIntent | undefined) => Promise<Deed>, signal: AbortSignal): Promise<Deed>;
  /**
   * Undoes once, and closes the key: an order that arrives later is skipped. An undo that failed may be repeated. One that failed for good is
   * remembered, closes the key, too, and is given to every later `act`, which then only looks.
   */
  undo(entry: JournalEntry, act: (record: JournalRecord) => Promise<Reversal>, signal: AbortSignal): Promise<Reversal>;
  read(key: string): Promise<JournalRecord>;
}

/** A victim that was hit, or is about to be. */
export interface Hit {
  /** The order's key. */
  key: string;
  targetId: string;
  atMs: number;
}

/** Lets one order at a time count the survivors, and remembers victims whose end does not show yet. For all workers of the machine. */
export interface SurvivorsPort {
  /**
   * Runs `body` while no other runs on this machine, in this process or another.
   * @param untilMs epoch milliseconds after which it is not waited for any longer
   * @throws Error when its turn does not come in time; the signal's reason when it aborts meanwhile
   */
  exclusively<T>(body: () => Promise<T>, untilMs: number, signal: AbortSignal): Promise<T>;
  /** Notes a hit, before the deed. */
  note(hit: Hit): Promise<void>;
  /** Forgets one that did not happen, or whose effect is proven: from then on the system itself shows it. Safe to repeat. */
  forget(hit: Pick<Hit, 'key' | 'targetId'>): Promise<void>;
  /** The hits of the last minutes to these targets that were not forgotten. @throws Error when they cannot be read */
  recent(targetIds: readonly string[]): Promise<Hit[]>;
}

/** A reversible fault's time to live at the site, as it is on disk. */
export interface Lease {
  order: Order;
  /** When it was armed and when it runs out, epoch milliseconds of the site's clock. */
  armedMs: number;
  untilMs: number;
  /** Set once the undo at its end was tried and failed; it is tried again. */
  stuck?: string;
}

/**
 * The leases of reversible faults, kept where the victims live and enforced by an independent reaper that survives the worker.
 * An undo record is on disk, and armed by a living reaper, before the deed.
 */
export interface LeasePort {
  /** Says that an order is to come soon, so that its reaper is up by then. Waits for nothing and promises nothing. */
  prepare(): void;
  /**
   * Writes the undo record and returns once a living reaper has taken charge of it. Safe to repeat with the same order.
   * @throws Error when no reaper could be had in time: then nothing may be injected
   */
  arm(order: Order, signal: AbortSignal): Promise<void>;
  /** Prolongs every lease of the place by its order's `leaseMs` from now. @returns keys of the place whose lease has run out already */
  renew(place: OrderPlace): Promise<string[]>;
  /** Ends the lease of an order that was undone. Safe to repeat, and safe when it was never armed. */
  release(key: string): Promise<void>;
  /** Keys of the place whose lease ran out: its fault was undone, or is being undone. Prolongs nothing. */
  ranOut(place: OrderPlace): Promise<string[]>;
  /** Every lease that has not ended, of the place when one is named. */
  list(place?: OrderPlace): Promise<Lease[]>;
  /** Undo records that nobody can read, each with its file and the reason: a person must look. */
  unreadable(): Promise<string[]>;
}

/** Keeps enough of a population alive. */
export interface FloorPort {
  /**
   * Asked last, immediately before a deed that goes through no other guarded port. From the moment that it is let through, the victim counts as gone.
   * @returns why the deed must not be done; undefined when it may
   */
  refusal(order: Order, signal: AbortSignal): Promise<string | undefined>;
}

/** What faults need from outside. */
export interface FaultPorts {
  processes: ProcessPort;
  journal: JournalPort;
  commands: CommandPort;
  kubernetes: KubernetesPort;
  floor: FloorPort;
}
