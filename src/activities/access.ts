import * as z from 'zod';
import type { Experiment } from '../domain/experiment/experiment.ts';
import { describeNeed, type AccessNeed } from '../domain/kubernetes/access.ts';
import type { AccessReport } from '../domain/kubernetes/grant.ts';
import { KubernetesError, type KubernetesPort } from '../domain/kubernetes/port.ts';
import { accessNeedsOf } from './access-rules.ts';

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const WHO_AM_I = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const AT_ONCE = 8;
const KEPT_MS = 60_000;

const Review = z.object({ status: z.object({ allowed: z.boolean() }) });
const Self = z.object({ status: z.object({ userInfo: z.object({ username: z.string() }) }) });

/** Asks what a site may do in its cluster. */
export type AccessCheck = (experiment: Experiment, signal: AbortSignal) => Promise<AccessReport | undefined>;

function reviewOf({ verb, group, resource: path, namespace }: AccessNeed) {
  const [resource, subresource] = path.split('/');
  const resourceAttributes = { verb, group, resource, ...(subresource && { subresource }), ...(namespace !== undefined && { namespace }) };
  return { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
}

/** Runs `ask` over all, a few at once. */
async function each<T>(all: readonly T[], ask: (one: T) => Promise<void>): Promise<void> {
  const rest = all.values();
  const work = async (): Promise<void> => {
    for (const one of rest) await ask(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** An API server that is away for a while comes back; one that does not know us, or none at all, does not. */
const mayHeal = (error: unknown): boolean =>
  error instanceof KubernetesError && (error.status === 0 || error.status === 429 || error.status >= 500);

/**
 * Creates the check. A yes is kept for a minute; a no is asked again each time, so that a Role that was just applied counts at once.
 * @returns undefined when nothing in the experiment is about a cluster: then nothing is asked
 * @throws KubernetesError when the API server does not answer, which may heal
 */
export function createAccessCheck(kubernetes: KubernetesPort, nowMs: () => number = Date.now): AccessCheck {
  const granted = new Map<string, number>();
  let self: { user: string; untilMs: number } | undefined;

  const isAllowed = async (need: AccessNeed, signal: AbortSignal): Promise<boolean> => {
    const key = describeNeed(need);
    if ((granted.get(key) ?? 0) > nowMs()) return true;
    const { status } = await kubernetes.create(REVIEWS, reviewOf(need), Review, signal);
    if (status.allowed) granted.set(key, nowMs() + KEPT_MS);
    else granted.delete(key);
    return status.allowed;
  };
  const whoAmI = async (signal: AbortSignal): Promise<string | undefined> => {
    if (self && self.untilMs > nowMs()) return self.user;
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const answer = await kubernetes.create(WHO_AM_I, body, Self, signal).catch((error: unknown) => {
      if (error instanceof KubernetesError && error.status === 404) return undefined; // before Kubernetes 1.28
      throw error;
    });
    self = answer && { user: answer.status.userInfo.username, untilMs: nowMs() + KEPT_MS };
    return self?.user;
  };
  return async (experiment, signal) => {
    const needs = accessNeedsOf(experiment);
    if (needs.length === 0) return undefined;
    try {
      const user = await whoAmI(signal);
      const allowed = new Map<AccessNeed, boolean>();
      await each(needs, async (need) => void allowed.set(need, await isAllowed(need, signal)));
      return { ...(user !== undefined && { user }), needs: needs.map((need) => ({ ...need, allowed: allowed.get(need) ?? false })) };
    } catch (error) {
      signal.throwIfAborted();
      if (mayHeal(error)) throw error;
      const unknown = error instanceof Error ? error.message : String(error);
      return { needs: needs.map((need) => ({ ...need, allowed: false })), unknown };
    }
  };
}
