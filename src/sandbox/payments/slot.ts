import type { ChildProcess } from 'node:child_process';
import { identify, type ProcessIdentity } from '../servers/process-identity.ts';
import { FromWorker, type ToWorker } from './worker-messages.ts';
import type { WorkerPlace } from './worker-labels.ts';

/** A worker that is asked to go finishes its payment; one that does not (it may be stopped by SIGSTOP) is killed after this. */
const GRACE_MS = 2_000;

/** `waiting`: it died and will be restarted; `stopped`: somebody wanted it so. */
export type SlotState = 'starting' | 'running' | 'waiting' | 'stopping' | 'stopped';

/** What a slot needs from its supervisor. */
export interface SlotPorts {
  spawn(place: WorkerPlace): ChildProcess;
  /** How long to wait before a restart, given how many deaths followed upon each other quickly. */
  restartDelayMs(quickDeaths: number): number;
  onChange(): void;
  onRestart(place: WorkerPlace): void;
  onSettled(place: WorkerPlace): void;
}

/** One place, and the process that fills it. */
export interface Slot {
  place: WorkerPlace;
  state(): SlotState;
  process(): ProcessIdentity | undefined;
  restarts(): number;
  /** Epoch milliseconds of the present process's start. */
  startedAtMs(): number | undefined;
  /** Wants a process. Safe to repeat. */
  start(): void;
  /** Wants none; resolves when it is gone. Safe to repeat. */
  stop(): Promise<void>;
  /** Waits anew when a restart is due: the delay has changed. */
  reschedule(): void;
  send(message: ToWorker): void;
}

/** A death after this long is not a quick one. */
const HEALTHY_AFTER_MS = 10_000;

/** Makes a slot without a process. */
export function makeSlot(place: WorkerPlace, ports: SlotPorts): Slot {
  let child: ChildProcess | undefined;
  let gone: Promise<void> = Promise.resolve();
  let identity: ProcessIdentity | undefined;
  let state: SlotState = 'stopped';
  let startedAtMs: number | undefined;
  let restarts = 0;
  let quickDeaths = 0;
  let timer: NodeJS.Timeout | undefined;

  const enter = (next: SlotState) => {
    state = next;
    ports.onChange();
  };

  const launch = () => {
    const fresh = ports.spawn(place);
    child = fresh;
    startedAtMs = Date.now();
    gone = new Promise((resolve) => {
      fresh.once('error', (error) => console.error(`${place.name}: ${error.message}`));
      fresh.once('close', () => {
        died(fresh);
        resolve();
      });
    });
    fresh.on('message', (message) => hear(fresh, FromWorker.parse(message)));
    enter('starting');
    if (fresh.pid !== undefined) {
      void identify(fresh.pid).then((found) => {
        if (child !== fresh) return;
        identity = found;
        ports.onChange();
      });
    }
  };

  const hear = (from: ChildProcess, message: FromWorker) => {
    if (message.kind === 'settled') ports.onSettled(place);
    else if (from === child && state === 'starting') enter('running');
  };

  const died = (which: ChildProcess) => {
    if (which !== child) return;
    console.log(`${place.name} (pid ${which.pid}) ended: ${which.signalCode ?? `code ${which.exitCode}`}`);
    child = identity = undefined;
    if (state === 'stopping') return enter('stopped');
    quickDeaths = Date.now() - (startedAtMs ?? 0) < HEALTHY_AFTER_MS ? quickDeaths + 1 : 1;
    enter('waiting');
    restartLater();
  };

  const restartLater = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      restarts += 1;
      ports.onRestart(place);
      launch();
    }, ports.restartDelayMs(quickDeaths));
  };

  return {
    place,
    state: () => state,
    process: () => identity,
    restarts: () => restarts,
    startedAtMs: () => startedAtMs,
    start: () => {
      if (state === 'stopped') launch();
    },
    stop: async () => {
      clearTimeout(timer);
      if (!child) {
        if (state !== 'stopped') enter('stopped');
        return;
      }
      if (state !== 'stopping') enter('stopping');
      const killer = setTimeout(() => child?.kill('SIGKILL'), GRACE_MS);
      child.kill('SIGTERM');
      await gone;
      clearTimeout(killer);
    },
    reschedule: () => {
      if (state === 'waiting') restartLater();
    },
    send: (message) => {
      if (child?.connected) child.send(message, () => {}); // it may die meanwhile; its successor gets them at its start
    },
  };
}
