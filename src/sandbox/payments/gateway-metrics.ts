import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { newRegistry } from './exposition.ts';
import type { Result } from './desk.ts';

/** 1 ms to 10 s; close together where a limit is likely to be drawn. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10];

/** What the gateway tells of itself. */
export interface GatewayMetrics {
  registry: Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>;
  /** Counts a payment that ended or ran out of time. */
  count(result: Result, seconds: number): void;
  /** Counts a booked payment, whoever waits for it. */
  countCompleted(): void;
  /** Undefined takes the figures away: a stale number is not a measurement. */
  setBacklog(backlog: { depth: number; oldestSeconds: number } | undefined): void;
  setReplicaLag(seconds: number | undefined): void;
}

/** Series that can be absent are absent until they are first measured. */
export function gatewayMetrics(): GatewayMetrics {
  const registry = newRegistry();
  const registers = [registry];
  const requests = new Counter({
    name: 'payments_requests_total',
    help: 'Payments by outcome; error: rejected, not queued, or not completed within the deadline',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['ok', 'error']) requests.inc({ outcome }, 0);
  const seconds = new Histogram({
    name: 'payments_request_seconds',
    help: 'Time from acceptance of a payment until it ended, at most its deadline',
    buckets: BUCKETS,
    registers,
  });
  const completed = new Counter({ name: 'payments_completed_total', help: 'Payments booked, each once', registers });
  const gauge = (name: string, help: string) => {
    const made = new Gauge({ name, help, registers });
    made.remove();
    return (value: number | undefined) => (value === undefined ? made.remove() : made.set(value));
  };
  const depth = gauge('payments_queue_depth', 'Payments that wait in the queue, not those in the hands of a worker');
  const oldest = gauge('payments_queue_oldest_seconds', 'Age of the oldest payment that waits in the queue; 0 when none does');
  const lag = gauge('payments_replica_lag_seconds', 'How far the replica is behind');
  return {
    registry,
    count: (result, duration) => {
      requests.inc({ outcome: result === 'completed' ? 'ok' : 'error' });
      seconds.observe(duration);
    },
    countCompleted: () => completed.inc(),
    setBacklog: (backlog) => {
      depth(backlog?.depth);
      oldest(backlog?.oldestSeconds);
    },
    setReplicaLag: lag,
  };
}
