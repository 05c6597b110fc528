import type * as z from 'zod';
import type { AccessRule } from '../domain/kubernetes/access.ts';
import type { Spec } from '../domain/order.ts';
import type { Reading } from '../domain/sight.ts';
import { messageOf } from './answer.ts';
import type { ProbePorts } from './ports.ts';

/** A probe that is open: it may keep what it needs between two measurements (the last counter, a connection). */
export interface OpenProbe {
  /**
   * Asks once, and says what the source tells of its own clock and of the value's time. Must stop when the signal aborts (time-out or cancellation).
   * May throw: the caller turns anything thrown into `{ kind: 'error' }`. Secrets must not be in the message.
   */
  measure(signal: AbortSignal): Promise<Reading>;
  close?(): Promise<void>;
}

/** A provider knows how to ask; what the answer means is a tolerance, elsewhere. */
export interface ProviderDefinition<S extends z.ZodType> {
  schema: S;
  doc: { summary: string; unit: string; noData: string };
  open(spec: z.infer<S>, ports: ProbePorts): OpenProbe;
  /** What asking needs of the cluster. */
  access?(spec: z.infer<S>): readonly AccessRule[];
}

/** Takes secrets out of what a probe says, before anything of it is cut: whoever is asked may repeat what it was sent. */
function discreet(probe: OpenProbe, hide: ProbePorts['hide']): OpenProbe {
  if (!hide) return probe;
  return {
    ...probe,
    async measure(signal) {
      try {
        const reading = await probe.measure(signal);
        return reading.kind === 'value' ? reading : { ...reading, reason: hide(reading.reason) };
      } catch (error) {
        throw new Error(hide(messageOf(error)));
      }
    },
  };
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
  open: (raw: Spec, ports: ProbePorts): OpenProbe => discreet(provider.open(provider.schema.parse(raw), ports), ports.hide),
});
