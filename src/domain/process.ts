import * as z from 'zod';
import type { Target } from './target.ts';

/**
 * What pins a process. A pid alone comes back for another process; together with the start time and the boot id it never does.
 * `startTicks` is field 22 of `/proc/PID/stat` on Linux, the start in epoch seconds on macOS.
 */
export const ProcessIdentity = z.strictObject({
  bootId: z.string().min(1),
  pid: z.int().positive(),
  startTicks: z.int().nonnegative(),
});
export type ProcessIdentity = z.infer<typeof ProcessIdentity>;

/** The identity in one string: the `id` of a target of kind `process`. */
export const processTargetId = (process: ProcessIdentity) => `process:${process.bootId}:${process.pid}:${process.startTicks}`;

/** Whether both are one and the same process, not one and its replacement. */
export const isSameProcess = (a: ProcessIdentity, b: ProcessIdentity) =>
  a.pid === b.pid && a.startTicks === b.startTicks && a.bootId === b.bootId;

/**
 * The process that a target pins.
 * @throws Error when the target is of another kind, or its id and its identity do not agree: an order like that is never carried out
 */
export function processOf(target: Target): ProcessIdentity {
  if (target.kind !== 'process') throw new Error(`target '${target.id}' is of kind '${target.kind}', expected 'process'`);
  const identity = ProcessIdentity.safeParse(target.identity);
  if (!identity.success) throw new Error(`target '${target.id}' does not pin a process: ${z.prettifyError(identity.error)}`);
  if (processTargetId(identity.data) !== target.id) {
    throw new Error(`target '${target.id}' says in its identity that it is '${processTargetId(identity.data)}': discover it again`);
  }
  return identity.data;
}
