import * as z from 'zod';
import { Metadata } from './objects.ts';

/** A selector as objects hold it. */
export const ObjectSelector = z.object({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z.array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).default([]) })).default([]),
});

/**
 * The same as a text for the API server.
 * @throws Error when it has no requirement (everything would match), or one that is not known
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#set-based-requirement
 */
export function selectorText({ matchLabels, matchExpressions }: z.infer<typeof ObjectSelector>): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const sets = matchExpressions.map(({ key, operator, values }) => {
    if (operator === 'In' || operator === 'NotIn') return `${key} ${operator.toLowerCase()} (${values.join(',')})`;
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    throw new Error(`a selector has the operator '${operator}', which is not known`);
  });
  if (equal.length + sets.length === 0) throw new Error('a selector is empty: everything would match');
  return [...equal, ...sets].join(',');
}

/** The template of pods, whole, as the API holds it. */
export const PodTemplate = z.looseObject({ metadata: z.looseObject({ labels: z.record(z.string(), z.string()).default({}) }).optional() });
export type PodTemplate = z.infer<typeof PodTemplate>;

export const ReplicaSet = z.object({ metadata: Metadata, spec: z.object({ template: PodTemplate }) });
export type ReplicaSet = z.infer<typeof ReplicaSet>;

/** A template that was rolled out once. */
export interface Revision {
  number: number;
  template: PodTemplate;
}

/** How a controller keeps its history: in annotations of its ReplicaSets, whose templates carry a label with their own hash. */
export interface History {
  revision: string;
  hashLabel: string;
}
export const DEPLOYMENT_HISTORY: History = { revision: 'deployment.kubernetes.io/revision', hashLabel: 'pod-template-hash' };
export const ROLLOUT_HISTORY: History = { revision: 'rollout.argoproj.io/revision', hashLabel: 'rollouts-pod-template-hash' };

/** Revisions of a workload, the newest first, as `kubectl rollout history` finds them. The templates are ready to be put back. */
export const revisionsOf = (replicaSets: readonly ReplicaSet[], ownerUid: string, { revision, hashLabel }: History): Revision[] =>
  replicaSets
    .filter(({ metadata }) => metadata.ownerReferences.some(({ uid, controller }) => controller && uid === ownerUid))
    .map(({ metadata, spec }) => ({ number: Number(metadata.annotations[revision]), template: withoutHash(spec.template, hashLabel) }))
    .filter(({ number }) => Number.isInteger(number))
    .sort((a, b) => b.number - a.number);

function withoutHash(template: PodTemplate, hashLabel: string): PodTemplate {
  const labels = Object.fromEntries(Object.entries(template.metadata?.labels ?? {}).filter(([key]) => key !== hashLabel));
  return { ...template, metadata: { ...template.metadata, labels } };
}
