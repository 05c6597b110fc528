import type * as z from 'zod';
import type { AccessRule } from '../domain/kubernetes/access.ts';
import type { Spec } from '../domain/order.ts';
import type { Population } from '../domain/target.ts';
import type { TargetPorts } from './ports.ts';

/** A kind of target: how a file selects it and how it is found. */
export interface TargetDefinition<S extends z.ZodType> {
  schema: S;
  doc: { summary: string };
  /** Finds what the selector matches, the protected ones apart with the reason. Never more than the selector says. */
  discover(ports: TargetPorts, spec: z.infer<S>, site: string, signal: AbortSignal): Promise<Population>;
  /** What finding them needs of the cluster. */
  access?(spec: z.infer<S>): readonly AccessRule[];
}

/** Authors see their own selector's type; callers see one shape. */
export const defineTarget = <K extends string, S extends z.ZodObject<{ kind: z.ZodLiteral<K> }>>(kind: K, target: TargetDefinition<S>) => ({
  kind,
  schema: target.schema,
  doc: target.doc,
  /** @throws ZodError when the selector is not one of this kind */
  access: (raw: Spec): readonly AccessRule[] => target.access?.(target.schema.parse(raw)) ?? [],
  /** @throws ZodError when the selector is not one of this kind */
  discover: (raw: Spec, ports: TargetPorts, site: string, signal: AbortSignal) =>
    target.discover(ports, target.schema.parse(raw), site, signal),
});
