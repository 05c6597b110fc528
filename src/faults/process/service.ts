import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Command } from '../../domain/command.ts';
import type { Order } from '../../domain/order.ts';
import type { FaultPorts } from '../ports.ts';

/** How often a service's status is asked while a change is awaited, milliseconds. */
const ASK_EVERY_MS = 100;

/** A value that goes into a supervisor's command. It cannot begin with `-`, so it is never taken for an option. */
const SAFE_VALUE = /^[A-Za-z0-9@_][A-Za-z0-9@_.:\-]*$/;

/** A program and its arguments. */
export const Argv = z
  .array(z.string())
  .refine((argv) => argv[0] !== undefined && argv[0] !== '', 'expected the program and its arguments, one element each');

/** How a service is stopped, started and asked. */
export interface ServiceSpec {
  stop: string[];
  start: string[];
  status: string[];
  runningExitCodes: number[];
  stoppedExitCodes: number[];
  states?: { running: string; stopped: string } | undefined;
  commandTimeout: number;
  effectWithin: number;
}

/** What status said. Unknown is neither running nor stopped. */
export interface ServiceStatus {
  kind: 'running' | 'stopped' | 'unknown';
  evidence: string;
}

/**
 * Puts the target's name and labels into an argument list.
 * @throws Error when the target has no such name or label, or its value could be taken for something else
 */
export function command(argv: readonly string[], { target }: Order, timeoutMs: number): Command {
  const valueOf = (placeholder: string, label: string | undefined) => {
    const value = label === undefined ? (target.labels['name'] ?? target.labels['unit']) : target.labels[label];
    if (value === undefined)
      throw new Error(
        `${placeholder}: ${target.name} has no ${label === undefined ? 'name in a registry and no unit' : `label '${label}'`}`,
      );
    if (!SAFE_VALUE.test(value))
      throw new Error(`${placeholder}: '${value}' of ${target.name} does not go into a command; letters, digits, @ _ . : - only`);
    return value;
  };
  return {
    argv: argv.map((element) =>
      element.replace(/\{name\}|\{label:([^}]+)\}/g, (placeholder, label?: string) => valueOf(placeholder, label)),
    ),
    timeoutMs,
  };
}

/** Asks once. A status that cannot be asked is unknown. */
export async function askStatus(ports: FaultPorts, spec: ServiceSpec, order: Order, signal: AbortSignal): Promise<ServiceStatus> {
  const { exitCode, stdout, timedOut } = await ports.commands.run(command(spec.status, order, spec.commandTimeout), signal);
  const said = stdout.trim().slice(0, 80);
  const isKnown = spec.states !== undefined && Object.values(spec.states).includes(said);
  // Whatever else it prints may hold secrets, and evidence goes far.
  const evidence = timedOut ? 'status did not answer in time' : `status: exit code ${exitCode}${isKnown ? `, '${said}'` : ''}`;
  const is = (kind: 'running' | 'stopped', codes: number[]) =>
    spec.states ? said === spec.states[kind] : exitCode !== null && codes.includes(exitCode);
  if (timedOut) return { kind: 'unknown', evidence };
  if (is('running', spec.runningExitCodes)) return { kind: 'running', evidence };
  return { kind: is('stopped', spec.stoppedExitCodes) ? 'stopped' : 'unknown', evidence };
}

/** Asks until it says so, or `effectWithin` is over. */
export async function awaitStatus(
  ports: FaultPorts,
  spec: ServiceSpec,
  order: Order,
  wanted: 'running' | 'stopped',
  signal: AbortSignal,
): Promise<ServiceStatus> {
  const untilMs = Date.now() + spec.effectWithin;
  for (;;) {
    const status = await askStatus(ports, spec, order, signal);
    if (status.kind === wanted || Date.now() >= untilMs) return status;
    await sleep(ASK_EVERY_MS, undefined, { signal });
  }
}
