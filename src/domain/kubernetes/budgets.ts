import * as z from 'zod';
import { Metadata } from './objects.ts';

const Requirement = z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).default([]) });

/** A label selector as objects hold it. An empty one selects everything, an absent one nothing. */
export const LabelSelector = z.object({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z.array(Requirement).default([]),
});

/** A PodDisruptionBudget of policy/v1. */
export const DisruptionBudget = z.object({
  metadata: Metadata,
  spec: z.object({ selector: LabelSelector.optional() }),
  status: z
    .object({
      disruptionsAllowed: z.int().default(0),
      currentHealthy: z.int().default(0),
      desiredHealthy: z.int().default(0),
      expectedPods: z.int().default(0),
    })
    .default({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }),
});
export type DisruptionBudget = z.infer<typeof DisruptionBudget>;

/** Whether a selector selects these labels, as the API server does it. @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels */
export function selects(selector: z.infer<typeof LabelSelector> | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (!selector) return false;
  const valueOf = (key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  const fits = ({ key, operator, values }: z.infer<typeof Requirement>): boolean => {
    const value = valueOf(key);
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    if (operator === 'In') return value !== undefined && values.includes(value);
    return operator === 'NotIn' && (value === undefined || !values.includes(value));
  };
  return (
    Object.entries(selector.matchLabels).every(([key, value]) => valueOf(key) === value) &&
    selector.matchExpressions.every((requirement) => fits(requirement))
  );
}

/** `budget payments/worker allows 0 disruptions: 3 of 3 pods healthy, 3 wanted`. */
export const describeBudget = ({ metadata, status }: DisruptionBudget): string =>
  `budget ${metadata.namespace ?? ''}/${metadata.name} allows ${status.disruptionsAllowed} disruptions: ${status.currentHealthy} of ${status.expectedPods} pods healthy, ${status.desiredHealthy} wanted`;
