import { Counter, Gauge, type Registry } from 'prom-client';
import { newRegistry } from './exposition.ts';
import type { Fleet } from './fleet.ts';

/** What the supervisor tells of its workers. */
export interface SupervisorMetrics {
  registry: Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>;
  countRestart(worker: string): void;
  countSettled(worker: string): void;
  /** Takes the present state over. */
  refresh(fleet: Fleet): void;
}

/** Counters of a worker go on over its restarts, because they are kept here. */
export function supervisorMetrics(): SupervisorMetrics {
  const registry = newRegistry();
  const registers = [registry];
  const labelNames = ['worker'];
  const running = new Gauge({ name: 'supervisor_workers_running', help: 'Workers that take payments', registers });
  const wanted = new Gauge({ name: 'supervisor_workers_wanted', help: 'Workers that there should be', registers });
  const up = new Gauge({ name: 'supervisor_worker_up', help: '1 when the worker takes payments, 0 otherwise', labelNames, registers });
  const started = new Gauge({
    name: 'supervisor_worker_start_time_seconds',
    help: "Start of the worker's present process, seconds since 1970",
    labelNames,
    registers,
  });
  const restarts = new Counter({ name: 'supervisor_worker_restarts_total', help: 'Restarts after a death', labelNames, registers });
  const settled = new Counter({
    name: 'supervisor_worker_payments_total',
    help: 'Payments that the worker settled',
    labelNames,
    registers,
  });
  return {
    registry,
    countRestart: (worker) => restarts.inc({ worker }),
    countSettled: (worker) => settled.inc({ worker }),
    refresh: (fleet) => {
      const workers = fleet.view();
      running.set(workers.filter(({ state }) => state === 'running').length);
      wanted.set(workers.length);
      up.reset();
      started.reset();
      for (const { name, state, startedAt } of workers) {
        up.set({ worker: name }, state === 'running' ? 1 : 0);
        if (startedAt !== null) started.set({ worker: name }, Date.parse(startedAt) / 1_000);
        restarts.inc({ worker: name }, 0); // a series from the first scrape on, so that its first rise is seen
        settled.inc({ worker: name }, 0);
      }
    },
  };
}
