import type { ChildProcess } from 'node:child_process';
import { makeSlot, type Slot, type SlotState } from './slot.ts';
import { workerPlace, type WorkerPlace } from './worker-labels.ts';
import type { Weaknesses } from './weaknesses.ts';

/** What the fleet needs from outside. */
export interface FleetPorts {
  spawn(place: WorkerPlace, weaknesses: Weaknesses): ChildProcess;
  onChange(): void;
  onRestart(name: string): void;
  onSettled(name: string): void;
}

/** A worker as `GET /workers` shows it. */
export interface WorkerView {
  name: string;
  index: number;
  pid: number | null;
  role: 'canary' | 'standard';
  critical: boolean;
  state: SlotState;
  restarts: number;
  /** ISO 8601; null when there is no process. */
  startedAt: string | null;
}

/** The workers. */
export interface Fleet {
  slots(): readonly Slot[];
  view(): WorkerView[];
  find(name: string): Slot | undefined;
  /** Makes it exactly so many. Resolves when those too many are gone. */
  scale(workers: number): Promise<void>;
  weaknesses(): Weaknesses;
  change(weaknesses: Weaknesses): void;
  stopAll(): Promise<void>;
}

const BACK_OFF_MS = 200;
const MAX_BACK_OFF_MS = 3_000;

/** Makes a fleet without workers: scale it. */
export function makeFleet(initial: Weaknesses, ports: FleetPorts): Fleet {
  let weaknesses = initial;
  let slots: Slot[] = [];
  let turn: Promise<unknown> = Promise.resolve();

  const newSlot = (index: number) =>
    makeSlot(workerPlace(index), {
      spawn: (place) => ports.spawn(place, weaknesses),
      restartDelayMs: (quickDeaths) => weaknesses.slowRestart || Math.min(BACK_OFF_MS * 2 ** (quickDeaths - 1), MAX_BACK_OFF_MS),
      onChange: ports.onChange,
      onRestart: ({ name }) => ports.onRestart(name),
      onSettled: ({ name }) => ports.onSettled(name),
    });

  const resize = async (workers: number) => {
    const tooMany = slots.slice(workers);
    await Promise.all(tooMany.map((slot) => slot.stop()));
    const missing = Array.from({ length: Math.max(0, workers - slots.length) }, (_, offset) => newSlot(slots.length + offset));
    slots = [...slots.slice(0, workers), ...missing];
    for (const slot of missing) slot.start();
    ports.onChange();
  };

  return {
    slots: () => slots,
    view: () => slots.map(viewOf),
    find: (name) => slots.find((slot) => slot.place.name === name),
    scale: (workers) => {
      const mine = turn.then(() => resize(workers)); // one after the other, so that two orders never mix
      turn = mine.catch(() => {});
      return mine;
    },
    weaknesses: () => weaknesses,
    change: (next) => {
      const restartsChanged = next.slowRestart !== weaknesses.slowRestart;
      weaknesses = next;
      for (const slot of slots) {
        slot.send({ kind: 'weaknesses', weaknesses });
        if (restartsChanged) slot.reschedule();
      }
    },
    stopAll: async () => {
      await turn;
      await Promise.all(slots.map((slot) => slot.stop()));
    },
  };
}

const viewOf = (slot: Slot): WorkerView => {
  const identity = slot.process();
  const startedAtMs = slot.startedAtMs();
  const { name, index, role, critical } = slot.place;
  return {
    name,
    index,
    pid: identity?.pid ?? null,
    role,
    critical,
    state: slot.state(),
    restarts: slot.restarts(),
    startedAt: identity && startedAtMs !== undefined ? new Date(startedAtMs).toISOString() : null,
  };
};
