import * as z from 'zod';
import type { Target } from '../domain/target.ts';
import { Duration } from '../domain/units.ts';
import type { ProcessFacts, TargetPorts } from './ports.ts';

/** How many are asked over HTTP at the same time. */
const ASKED_AT_ONCE = 16;
const MAX_TIMEOUT_MS = 5_000;
const PLACEHOLDER = /\{port\}|\{label:([^}]+)\}/g;

/** A label that goes into a URL: nothing that could change its host, its path or its query. */
const SAFE_VALUE = /^[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/;

/** Where readiness is asked: an address without credentials, whose only braces are placeholders. */
const Address = z.string().refine((template) => {
  const filled = template.replace(PLACEHOLDER, '1');
  if (!/^https?:\/\//.test(filled) || /[{}]/.test(filled) || !URL.canParse(filled)) return false;
  const { username, password } = new URL(filled);
  return username === '' && password === '';
}, 'expected http://… or https://… without credentials; {port} and {label:KEY} are the only placeholders');

/** When a process counts as ready. */
export const ReadySpec = z
  .strictObject({
    uptimeAtLeast: Duration.optional().describe('it was started this long ago'),
    listening: z
      .union([z.literal(true), z.int().min(1).max(65_535)])
      .optional()
      .describe('true: it listens on a TCP port; a number: on this one'),
    http: z
      .strictObject({
        url: Address.describe('{port}: the one port that it listens on; {label:KEY}: a label of the target'),
        timeout: Duration.refine((ms) => ms >= 10 && ms <= MAX_TIMEOUT_MS, 'expected 10ms to 5s').default(1_000),
      })
      .optional()
      .describe('it answers with a status of 200 to 299'),
  })
  .refine((ready) => Object.keys(ready).length > 0, 'expected at least one of uptimeAtLeast, listening and http');
export type ReadySpec = z.infer<typeof ReadySpec>;

/** One process that is looked at. */
interface Look {
  ready: ReadySpec;
  target: Target;
  facts: ProcessFacts;
  ports: readonly number[];
}

/**
 * Why each target is not ready, in their order; undefined for one that is. A stopped process never is.
 * @throws Error when ports are asked for that this platform does not show
 */
export async function findUnready(
  ready: ReadySpec | undefined,
  targets: readonly Target[],
  facts: readonly ProcessFacts[],
  world: TargetPorts,
  signal: AbortSignal,
): Promise<(string | undefined)[]> {
  const needsPorts = ready?.listening !== undefined || (ready?.http?.url.includes('{port}') ?? false);
  const listening = needsPorts ? await world.processes.listeningPorts(facts.map(({ identity }) => identity)) : new Map<number, number[]>();
  const reasons: (string | undefined)[] = [];
  for (let from = 0; from < targets.length; from += ASKED_AT_ONCE) {
    const some = targets.slice(from, from + ASKED_AT_ONCE).map(async (target, i) => {
      const mine = facts[from + i];
      if (!mine) return 'it cannot be read';
      if (/^[Tt]/.test(mine.state)) return `it is stopped (state ${mine.state})`;
      if (!ready) return undefined;
      const look = { ready, target, facts: mine, ports: listening.get(mine.identity.pid) ?? [] };
      return tooYoung(look) ?? notListening(look) ?? (await notAnswering(look, world, signal));
    });
    reasons.push(...(await Promise.all(some)));
  }
  return reasons;
}

function tooYoung({ ready: { uptimeAtLeast }, facts }: Look): string | undefined {
  const upMs = Math.max(0, Date.now() - facts.startedAtMs);
  if (uptimeAtLeast === undefined || upMs >= uptimeAtLeast) return undefined;
  return `it has been up for ${(upMs / 1_000).toFixed(1)} s, and is ready after ${uptimeAtLeast / 1_000} s`;
}

function notListening({ ready: { listening }, ports }: Look): string | undefined {
  if (listening === true && ports.length === 0) return 'it listens on no TCP port';
  if (typeof listening === 'number' && !ports.includes(listening)) return `it does not listen on port ${listening}`;
  return undefined;
}

async function notAnswering(look: Look, { readiness }: TargetPorts, signal: AbortSignal): Promise<string | undefined> {
  const { http } = look.ready;
  if (!http) return undefined;
  try {
    const url = http.url.replace(PLACEHOLDER, (_, label?: string) => valueFor(label, look));
    const status = await readiness.statusOf(url, http.timeout, signal);
    return status >= 200 && status < 300 ? undefined : `${url} answered ${status}`;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}

/** @throws Error when there is no such value, or it could be taken for something else */
function valueFor(label: string | undefined, { target, ports, ready: { listening } }: Look): string {
  if (label === undefined) {
    if (typeof listening === 'number') return String(listening);
    if (ports.length === 1) return String(ports[0]);
    throw new Error(
      `{port}: it listens on ${ports.length === 0 ? 'no port' : `several ports (${ports.join(', ')}); say which by a label`}`,
    );
  }
  const value = Object.hasOwn(target.labels, label) ? target.labels[label] : undefined;
  if (value === undefined) throw new Error(`{label:${label}}: it has no such label`);
  if (!SAFE_VALUE.test(value))
    throw new Error(`{label:${label}}: '${value}' does not go into a URL; letters, digits, _ - and single . only`);
  return value;
}
