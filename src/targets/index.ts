import * as z from 'zod';
import { nodeTarget } from './node.ts';
import { podTarget } from './pod.ts';
import { processTarget } from './process.ts';
import { routeTarget } from './route.ts';
import { workloadTarget } from './workload.ts';

/** Every kind of target: one file and one line each. */
export const targets = {
  [processTarget.kind]: processTarget,
  [podTarget.kind]: podTarget,
  [workloadTarget.kind]: workloadTarget,
  [nodeTarget.kind]: nodeTarget,
  [routeTarget.kind]: routeTarget,
} as const;

/** A target as a file writes it. */
export const TargetSpec = z.discriminatedUnion('kind', [
  processTarget.schema,
  podTarget.schema,
  workloadTarget.schema,
  nodeTarget.schema,
  routeTarget.schema,
]);
export type TargetSpec = z.infer<typeof TargetSpec>;
