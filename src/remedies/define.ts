import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import type { AccessRule } from '../domain/kubernetes/access.ts';
import type { Spec } from '../domain/order.ts';
import type { RemedyPorts } from './ports.ts';

/** A repair. Safe to repeat: a retried attempt must leave the system as one attempt does. Verification is the runbook step's. */
export interface RemedyDefinition<S extends z.ZodType> {
  schema: S;
  doc: { summary: string };
  /**
   * @param order the same on every attempt of one order: by it a repair that must not be done twice knows its own earlier attempt
   * @returns one sentence that says what was done, for the record
   */
  apply(ports: RemedyPorts, spec: z.infer<S>, signal: AbortSignal, order: string): Promise<string>;
  /** What it needs of the cluster. */
  access?(spec: z.infer<S>): readonly AccessRule[];
}

/** Authors see their own specification's type; callers see one shape. */
export const defineRemedy = <K extends string, S extends z.ZodObject<{ kind: z.ZodLiteral<K> }>>(kind: K, remedy: RemedyDefinition<S>) => ({
  kind,
  schema: remedy.schema,
  doc: remedy.doc,
  /** @throws ZodError when the specification is not one of this kind */
  access: (raw: Spec): readonly AccessRule[] => remedy.access?.(remedy.schema.parse(raw)) ?? [],
  /**
   * @param order absent: an order of its own, which is never repeated
   * @throws ZodError when the specification is not one of this kind
   */
  apply: (raw: Spec, ports: RemedyPorts, signal: AbortSignal, order: string = randomUUID()) =>
    remedy.apply(ports, remedy.schema.parse(raw), signal, order),
});
