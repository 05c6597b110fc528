import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { linuxSource } from '../../../../src/adapters/process/linux.ts';
import { processTargetId } from '../../../../src/domain/process.ts';
import type { ProcessIdentity } from '../../../../src/domain/process.ts';
import { orderDefaults } from '../../../support/orders.ts';
import type { Order, Spec } from '../../../../src/domain/order.ts';
import type { Target } from '../../../../src/domain/target.ts';

const started = new Set<ChildProcess>();

/** Starts a real process that is ended by `endAll`. Its environment holds nothing but a path and what is given. */
export async function start(
  argv: [string, ...string[]],
  env: Record<string, string> = {},
  argv0?: string,
): Promise<ChildProcess & { pid: number }> {
  const [program, ...rest] = argv;
  const options = {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'],
  };
  const child = spawn(program, rest, { ...options, ...(argv0 !== undefined && { argv0 }) });
  started.add(child);
  await once(child, 'spawn');
  return child as unknown as ChildProcess & { pid: number };
}

/** Starts a Node program and waits for its first word. */
export async function startNode(program: string, env: Record<string, string> = {}) {
  const child = await start([process.execPath, '-e', `${program};process.stdout.write('up\\n')`], env);
  await once(child.stdout!, 'data');
  return child;
}

/** Ends every process that this file started, by its handle. */
export async function endAll(): Promise<void> {
  const living = [...started].filter((child) => child.exitCode === null && child.signalCode === null);
  started.clear();
  await Promise.all(living.map((child) => (child.kill('SIGKILL'), once(child, 'exit'))));
}

export const identityOf = (pid: number): ProcessIdentity => {
  const vitals = linuxSource.vitals(pid);
  if (!vitals) throw new Error(`no process has pid ${pid}`);
  return vitals.identity;
};

export const stateOf = (pid: number) => linuxSource.vitals(pid)?.state;

export const targetOf = (identity: ProcessIdentity, labels: Record<string, string> = {}): Target => ({
  kind: 'process',
  id: processTargetId(identity),
  site: 'here',
  name: `victim (pid ${identity.pid})`,
  labels,
  identity: { ...identity },
});

let orders = 0;

/** A fresh order for a target, valid for ten seconds. */
export const orderFor = (target: Target, fault: Spec, change: Partial<Order> = {}): Order => ({
  ...orderDefaults(),
  key: `run/wave/0/${orders++}/${target.id}`,
  fault,
  target,
  ...change,
});

export const never = new AbortController().signal;

/** A Node program that counts its SIGUSR1 on standard output. */
export const COUNTS_USR1 = `process.on('SIGUSR1',()=>process.stdout.write('hit\\n'));setInterval(()=>{},1000)`;

/** A text that contains this, for `toMatchObject`. */
export const containing = (text: string): unknown => expect.stringContaining(text);
