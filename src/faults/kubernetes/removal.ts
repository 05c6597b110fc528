import * as z from 'zod';
import { describeBudget, DisruptionBudget, selects } from '../../domain/kubernetes/budgets.ts';
import { containerOf } from '../../domain/kubernetes/identity.ts';
import { KubernetesError } from '../../domain/kubernetes/port.ts';
import { DISRUPTION_BUDGETS, objectPath } from '../../domain/kubernetes/resources.ts';
import type { Effect, Order } from '../../domain/order.ts';
import { Duration } from '../../domain/units.ts';
import type { Deed, FaultPorts } from '../ports.ts';
import { entryOf, injected, notCarriedOut } from '../process/order.ts';
import { awaitEffect, containerRefusal, notDone, refusalNow } from './last-checks.ts';
import { lookAt, podRef } from './pod-now.ts';

/** How long a pod may take to end after it was asked to. */
export const GracePeriod = Duration.refine((ms) => ms % 1_000 === 0, 'expected whole seconds: the API counts in them')
  .optional()
  .describe("how long the pod may take to end; default: the pod's own. 0s takes it from the API at once, before its processes have ended");

/** Asks the API server to end this very pod. @returns why it did not take that; undefined when it did, or when nobody knows */
export type Remove = (uid: string, graceSeconds: number | undefined) => Promise<string | undefined>;

/**
 * Has a pod removed once. Safe to send again after a crash: it is for one UID, and its replacement has another.
 * @param refusal asked before the survivor floor: what else must not be
 */
export function injectRemoval(
  ports: FaultPorts,
  order: Order,
  detail: string,
  gracePeriodMs: number | undefined,
  remove: Remove,
  signal: AbortSignal,
  refusal: () => Promise<string | undefined> = () => Promise.resolve(undefined),
): Promise<Deed> {
  const { uid } = containerOf(order.target);
  return ports.journal.once(
    entryOf(order, detail, `uid ${uid}`),
    async (earlier) => {
      const settled = earlier && (await removedBefore(ports, order, signal));
      if (settled) return settled;
      const checks = async () => (await containerRefusal(ports, order, signal)) ?? refusal();
      const why = await refusalNow(ports, order, checks, signal);
      if (why !== undefined) return notDone(why, earlier !== undefined);
      const atMs = Date.now();
      try {
        const refused = await remove(uid, gracePeriodMs === undefined ? undefined : gracePeriodMs / 1_000);
        return refused === undefined ? injected(atMs) : notDone(refused, earlier !== undefined);
      } catch (error) {
        return deedAfter(error, atMs, earlier !== undefined);
      }
    },
    signal,
  );
}

/**
 * What is known after the API server said something else than yes. No answer is no answer: what the cluster shows decides.
 * @param isRepeat a no may be because of what a cut-off attempt of this order has done
 */
export function deedAfter(error: unknown, atMs: number, isRepeat: boolean): Deed {
  if (!(error instanceof KubernetesError))
    return injected(atMs, `it may have been taken (${String(error)}); what the cluster shows decides`);
  const { status, message } = error;
  if (status === 404) return notDone(`the victim was gone before it was hit: ${message}`, isRepeat);
  if (status === 409) return notDone(`the victim was replaced: ${message}`, isRepeat);
  if (status >= 400 && status < 500) return notDone(`the API server refused: ${message}`, isRepeat);
  return injected(atMs, `${message}; it may have been taken, what the cluster shows decides`);
}

async function removedBefore(ports: FaultPorts, order: Order, signal: AbortSignal): Promise<Deed | undefined> {
  const now = await lookAt(ports, containerOf(order.target), signal);
  const isOver = !('pod' in now) || now.pod.metadata.deletionTimestamp !== undefined;
  return isOver
    ? injected(Date.now(), `an earlier attempt was cut off, and the pod is no more, or is being deleted: ${now.evidence}`)
    : undefined;
}

/** Reads back whether that UID is gone. A pod that is still ending counts once its container has ended: a deletion is never taken back. */
export async function removalEffect(ports: FaultPorts, withinMs: number, order: Order, signal: AbortSignal): Promise<Effect> {
  const missing = await notCarriedOut(ports, order);
  if (missing) return missing;
  const pin = containerOf(order.target);
  return awaitEffect(
    order,
    withinMs,
    async () => {
      const now = await lookAt(ports, pin, signal);
      if (!('pod' in now)) return { proven: true, evidence: `uid ${pin.uid} is gone: ${now.evidence}` };
      const since = now.pod.metadata.deletionTimestamp;
      if (since === undefined)
        return { proven: false, evidence: `pod ${pin.namespace}/${pin.pod} with uid ${pin.uid} is there, and not being deleted` };
      if (now.kind === 'ended') return { proven: true, evidence: `uid ${pin.uid} is being deleted (${since}), and ${now.evidence}` };
      return {
        proven: false,
        evidence: `uid ${pin.uid} is being deleted (${since}) and still runs: a gracePeriod shorter than effectWithin would end it in time`,
      };
    },
    signal,
  );
}

/** The budgets that speak for these labels, each with its numbers. */
export async function budgetsOf(
  { kubernetes }: Pick<FaultPorts, 'kubernetes'>,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<DisruptionBudget[]> {
  const all = await kubernetes.list(DISRUPTION_BUDGETS, { namespace }, DisruptionBudget, signal);
  return all.filter(({ spec }) => selects(spec.selector, labels));
}

/**
 * Asks for an eviction of this very pod: its budgets decide.
 * @returns why it was refused, with the budget's name and its numbers; undefined when it was taken
 * @throws KubernetesError on any answer but yes and "too many"
 */
export async function evict(
  ports: Pick<FaultPorts, 'kubernetes'>,
  { namespace, name, uid, labels }: { namespace: string; name: string; uid: string; labels: Readonly<Record<string, string>> },
  graceSeconds: number | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = objectPath({ ...podRef({ namespace, pod: name }), subresource: 'eviction' });
  const deleteOptions = { preconditions: { uid }, ...(graceSeconds !== undefined && { gracePeriodSeconds: graceSeconds }) };
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions };
  try {
    await ports.kubernetes.create(path, body, z.unknown(), signal);
    return undefined;
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.status !== 429) throw error;
    const said = [error.message, ...error.causes.map((cause) => cause.message)].join(' ').slice(0, 300);
    const budgets = await budgetsOf(ports, namespace, labels, signal).catch(() => []);
    return `the eviction was refused: ${budgets.map(describeBudget).join('; ') || 'its budgets could not be read'} (${said})`;
  }
}
