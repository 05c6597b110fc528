import type { ContainerIdentity } from '../../domain/kubernetes/identity.ts';
import { containerOf } from '../../domain/kubernetes/identity.ts';
import type { Order } from '../../domain/order.ts';
import type { FaultPorts } from '../ports.ts';
import { debugContainer } from './debug-container.ts';
import { containerRefusal, expiry, orUnknown } from './last-checks.ts';
import type { Pinned } from './pinned.ts';
import { lookAt } from './pod-now.ts';
import { nameOf, ofContainer } from './process-pattern.ts';
import { scan, type InsideProcess, type Scan } from './scan.ts';

/** Which processes of a container, and how many must be found. */
export interface Wanted {
  isWanted(process: InsideProcess): boolean;
  /** As a person calls them: `executable /bin/worker`. */
  what: string;
  count: number;
  debugImage: string | undefined;
}

/** Why process 1 of a pid namespace cannot be hit from inside, whoever asks, see pid_namespaces(7). */
export const noEffectOnInit = (signal: string): string =>
  `${signal} that is sent to process 1 from inside its own pid namespace has no effect, the kernel drops it: write signal: SIGTERM if the process handles that, or use pod-delete with gracePeriod: 0s, or container-process-kill on a child of it`;

/**
 * Finds the processes of the container and pins them. Touches none; a debug container is put beside it only where the image has no shell, and only
 * beside a victim that may be hit.
 */
export async function choose(
  ports: FaultPorts,
  order: Order,
  wanted: Wanted,
  signalName: string,
  signal: AbortSignal,
): Promise<Pinned | string> {
  const why = expiry(order) ?? (await orUnknown(() => containerRefusal(ports, order, signal), signal));
  if (why !== undefined) return why;
  const pin = containerOf(order.target);
  const seen = await lookInside(ports, pin, order, wanted.debugImage, signal);
  if ('why' in seen) return seen.why;
  const found = ofContainer(seen.scan, seen.via !== pin.container).filter((process) => wanted.isWanted(process));
  const list = found.map(nameOf).join(', ') || 'none';
  if (found.length !== wanted.count)
    return `${wanted.what}: expected ${wanted.count} such ${wanted.count === 1 ? 'process' : 'processes'} in container ${pin.container}, found ${found.length}: ${list.slice(0, 300)}`;
  if (['SIGKILL', 'SIGSTOP'].includes(signalName) && found.some(({ pid }) => pid === 1))
    return `${nameOf(found[0]!)}: ${noEffectOnInit(signalName)}`;
  const victims = found.map((process) => ({ pid: process.pid, start: process.start, name: nameOf(process), state: process.state }));
  return { bootId: seen.scan.bootId, via: seen.via, victims };
}

async function lookInside(
  ports: FaultPorts,
  pin: ContainerIdentity,
  order: Order,
  debugImage: string | undefined,
  signal: AbortSignal,
): Promise<{ scan: Scan; via: string } | { why: string }> {
  const own = await scan(ports, { ...pin }, signal);
  if (own.kind === 'seen') return { scan: own, via: pin.container };
  if (own.kind !== 'shellless') return { why: `the container cannot be looked into: ${own.why}` };
  if (debugImage === undefined)
    return {
      why: `${own.why}; write debugImage: an image with sh, cat and readlink that the node can pull, such as busybox, and a debug container is put beside it`,
    };
  const now = await lookAt(ports, pin, signal);
  if (now.kind !== 'running') return { why: `the victim is not there any more: ${now.evidence}` };
  const debug = await debugContainer(ports, pin, now.pod, debugImage, order, signal);
  if ('why' in debug) return debug;
  const beside = await scan(ports, { ...pin, container: debug.name }, signal);
  return beside.kind === 'seen'
    ? { scan: beside, via: debug.name }
    : { why: `debug container ${debug.name} cannot be looked into: ${beside.why}` };
}
