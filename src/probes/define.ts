import type * as z from 'zod';
import type { AccessRule } from '../domain/kubernetes/access.ts';
import type { Spec } from '../domain/order.ts';
import type { Reading } from '../domain/sight.ts';
import type { ProbePorts } from './ports.ts';

/** A probe that is open: it may keep what it needs between two measurements (the last counter, a connection). */
export interface OpenProbe {
  /**
   * Asks once, and says what the source tells of its own clock and of the value's time. Must stop when the signal aborts (time-out or cancellation).
   * May throw: the caller turns anything thrown into `{ kind: 'error' }`. Secrets must not be in the message.
   */
  measure(signal: AbortSignal): Promise<Reading>;
  close?(): Promise<void>;
  /** Takes secrets out of what it says, before anything is cut. */
  hide?(text: string): string;
}

/** A provider knows how to ask; what the answer means is a tolerance, elsewhere. */
export interface ProviderDefinition<S extends z.ZodType> {
  schema: S;
  doc: { summary: string; unit: string; noData: string };
  open(spec: z.infer<S>, ports: ProbePorts): OpenProbe;
  /** What asking needs of the cluster. */
  access?(spec: z.infer<S>): readonly AccessRule[];
}

/** Authors see their own specification's type; callers see one shape. */
export const defineProvider = <K extends string, S extends z.ZodObject<{ kind: z.ZodLiteral<K> }>>(
  kind: K,
  provider: ProviderDefinition<S>,
) => ({
  kind,
  schema: provider.schema,
  doc: provider.doc,
  /** @throws ZodError when the specification is not one of this kind */
  access: (raw: Spec): readonly AccessRule[] => provider.access?.(provider.schema.parse(raw)) ?? [],
  /** @throws ZodError when the specification is not one of this kind */
  open: (raw: Spec, ports: ProbePorts): OpenProbe =>
    Object.assign(provider.open(provider.schema.parse(raw), ports), ports.hide && { hide: ports.hide }),
});
