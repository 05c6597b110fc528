import * as z from 'zod';
import type { Spec } from '../domain/order.ts';
import type { OpenProbe } from './define.ts';
import { IndicatorSpec, indicators } from './indicators.ts';
import { kubernetesAutoscaler } from './kubernetes-autoscaler.ts';
import { kubernetesDisruptionBudget } from './kubernetes-disruption-budget.ts';
import { kubernetesEvents } from './kubernetes-events.ts';
import { kubernetesNode } from './kubernetes-node.ts';
import { kubernetesPods } from './kubernetes-pods.ts';
import { kubernetesWorkload } from './kubernetes-workload.ts';
import type { ProbePorts } from './ports.ts';
import { sloBudget } from './slo-budget.ts';
import { sloBurnRate } from './slo-burn-rate.ts';

/** The catalogue of providers, by kind. */
export const providers = {
  ...indicators,
  [kubernetesWorkload.kind]: kubernetesWorkload,
  [kubernetesPods.kind]: kubernetesPods,
  [kubernetesEvents.kind]: kubernetesEvents,
  [kubernetesDisruptionBudget.kind]: kubernetesDisruptionBudget,
  [kubernetesNode.kind]: kubernetesNode,
  [kubernetesAutoscaler.kind]: kubernetesAutoscaler,
  [sloBudget.kind]: sloBudget,
  [sloBurnRate.kind]: sloBurnRate,
} as const;

/** A provider's specification as a file writes it. */
export const ProviderSpec = z.discriminatedUnion('kind', [
  ...IndicatorSpec.options,
  kubernetesWorkload.schema,
  kubernetesPods.schema,
  kubernetesEvents.schema,
  kubernetesDisruptionBudget.schema,
  kubernetesNode.schema,
  kubernetesAutoscaler.schema,
  sloBudget.schema,
  sloBurnRate.schema,
]);
export type ProviderSpec = z.infer<typeof ProviderSpec>;

/**
 * Opens a probe of any kind. Opening asks nothing yet.
 * @throws ZodError when the specification is not valid, Error when there is no such kind
 */
export function openProbe(spec: Spec, ports: ProbePorts): OpenProbe {
  if (!Object.hasOwn(providers, spec.kind)) throw new Error(`no provider '${spec.kind}'; there are ${Object.keys(providers).join(', ')}`);
  return providers[spec.kind as keyof typeof providers].open(spec, ports);
}
