import * as z from 'zod';
import type { Rule } from './rules.ts';

const Spec = z.object({ backends: z.array(z.object({ service: z.string(), weight: z.int().min(0) })) });

/**
 * Reads the backends of an SMI TrafficSplit: one rule.
 * @returns why nobody knows what the canary gets: weights that are all 0 mean something else to each mesh
 * @see https://github.com/servicemeshinterface/smi-spec/blob/main/apis/traffic-split/v1alpha2/traffic-split.md
 */
export function readTrafficSplit(spec: unknown, canary: string): Rule[] | string {
  const parsed = Spec.safeParse(spec);
  if (!parsed.success) return `its backends cannot be read: ${z.prettifyError(parsed.error).replace(/\s+/g, ' ').slice(0, 200)}`;
  const { backends } = parsed.data;
  if (backends.every(({ weight }) => weight === 0)) return 'all of its weights are 0';
  return [
    {
      section: 'backends',
      backends: backends.map(({ service, weight }) => ({ name: service, weight, counts: weight, isCanary: service === canary })),
    },
  ];
}
