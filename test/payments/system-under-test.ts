import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { parseExposition } from '../../src/probes/exposition.ts';
import { identify } from '../../src/sandbox/servers/process-identity.ts';
import { query } from '../../src/sandbox/servers/postgres.ts';
import { startPayments, type PaymentsOptions, type PaymentsSystem } from '../../src/sandbox/payments/system.ts';
import { databaseUrl, freshDir } from '../support/servers.ts';
import { compilePrograms } from './programs.ts';

const Worker = z.strictObject({
  name: z.string(),
  index: z.int(),
  pid: z.int().nullable(),
  role: z.enum(['canary', 'standard']),
  critical: z.boolean(),
  state: z.string(),
  restarts: z.int(),
  startedAt: z.iso.datetime().nullable(),
});
export type Worker = z.infer<typeof Worker>;

export interface PaymentRow {
  id: string;
  attempt: number;
  worker: string;
  outcome: string;
}

let number = 0;

/** A payments system with a schema and a folder of its own, and ways to look at it. */
export interface Subject extends PaymentsSystem {
  schema: string;
  programDir: string;
  dataDir: string;
  workers(): Promise<Worker[]>;
  worker(index: number): Promise<Worker>;
  /** A metric's value; undefined when it has no such series. */
  metric(of: 'gateway' | 'supervisor', name: string, labels?: Record<string, string>): Promise<number | undefined>;
  post(path: string, body: object, of?: 'gateway' | 'supervisor'): Promise<{ status: number; body: Record<string, unknown> }>;
  pay(fields?: object): Promise<{ status: number; body: Record<string, unknown> }>;
  rows(): Promise<PaymentRow[]>;
}

export async function startSubject(options: Partial<PaymentsOptions> = {}): Promise<Subject> {
  const schema = `payments_test_${process.pid}_${(number += 1)}`;
  const [programDir, dataDir] = await Promise.all([compilePrograms(), freshDir('payments')]);
  const system = await startPayments({ databaseUrl: databaseUrl(), schema, programDir, dataDir, log: () => {}, ...options });
  const urlOf = (of: 'gateway' | 'supervisor') => (of === 'gateway' ? system.gatewayUrl : system.supervisorUrl);
  const workers = async () => z.array(Worker).parse(await (await fetch(`${system.supervisorUrl}/workers`)).json());
  const post: Subject['post'] = async (path, body, of = 'supervisor') => {
    const answer = await fetch(`${urlOf(of)}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  return {
    ...system,
    schema,
    programDir,
    dataDir,
    workers,
    post,
    worker: async (index) => (await workers())[index]!,
    pay: (fields = {}) => post('/payments', { amountCents: 1_250, ...fields }, 'gateway'),
    rows: async () =>
      (await query(databaseUrl(), `SELECT id, attempt, worker, outcome FROM ${schema}.payments ORDER BY ended_at`)).rows as PaymentRow[],
    metric: async (of, name, labels = {}) => {
      const answer = await fetch(`${urlOf(of)}/metrics`);
      const { samples } = parseExposition(await answer.text(), answer.headers.get('content-type') ?? '');
      return samples.find((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
        ?.value;
    },
  };
}

/** Asks until the answer pleases. @throws Error with the last answer when it never does */
export async function until<T>(what: string, ask: () => Promise<T>, pleases: (answer: T) => boolean, withinMs = 10_000): Promise<T> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (pleases(answer)) return answer;
    if (Date.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}; last: ${JSON.stringify(answer)}`);
    await sleep(50);
  }
}

/** @returns those pids that belong to a living process; one that is stopped lives, a zombie does not */
export async function living(pids: number[]): Promise<number[]> {
  const found = await Promise.all(pids.map(identify));
  return pids.filter((_, index) => found[index] !== undefined);
}
