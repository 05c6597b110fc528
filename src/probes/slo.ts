import * as z from 'zod';
import type { Provenance, Reading } from '../domain/sight.ts';
import { parseRatio } from '../domain/units.ts';
import { IndicatorSpec, openIndicator } from './indicators.ts';
import type { HttpPort, ProbePorts } from './ports.ts';
import { both } from './source-time.ts';

/** The promised share of good events: a fraction (0.999) or a percentage ('99.9%'). `objectiveOf` reads it. */
export const Objective = z.union([
  z.number().gt(0).lt(1),
  z.string().refine((text) => isShare(parseRatio(text)), { error: 'expected more than 0% and less than 100%, such as 99.9%' }),
]);

const isShare = (share: number | undefined): boolean => share !== undefined && share > 0 && share < 1;

/** The objective as a fraction. */
export const objectiveOf = (objective: number | string): number =>
  typeof objective === 'number' ? objective : (parseRatio(objective) ?? NaN);

/** What both SLO providers are made of. */
export const sloFields = {
  objective: Objective.describe("the promised share of good events: '99.9%' or 0.999"),
  good: IndicatorSpec.describe('counts the good events since some beginning'),
  total: IndicatorSpec.describe('counts all events since the same beginning'),
};

interface Counts {
  good: number;
  total: number;
}

/** Both counts with what is known of their origin; what must move under load is the total. */
type Counted = Counts & { origin: Provenance };

/** Requests that are the same and under way at the same time share one answer, so that good and total come from one scrape. */
function sharing(http: HttpPort): HttpPort {
  const underWay = new Map<string, ReturnType<HttpPort['request']>>();
  return {
    request({ signal, ...request }) {
      const key = JSON.stringify(request);
      const answer = underWay.get(key) ?? http.request({ signal, ...request }).finally(() => underWay.delete(key));
      underWay.set(key, answer);
      return answer;
    },
  };
}

/** Asks for good and total together. */
export function openCounts(spec: { good: z.infer<typeof IndicatorSpec>; total: z.infer<typeof IndicatorSpec> }, ports: ProbePorts) {
  const shared = { ...ports, http: sharing(ports.http) };
  const [good, total] = [openIndicator(spec.good, shared), openIndicator(spec.total, shared)];
  return {
    /** @returns both counts, or why there are not both */
    async read(signal: AbortSignal): Promise<Counted | Reading> {
      const [g, t] = await Promise.all([good.measure(signal), total.measure(signal)]);
      if (g.kind !== 'value') return { ...g, reason: `good: ${g.reason}` };
      if (t.kind !== 'value') return { ...t, reason: `total: ${t.reason}` };
      return { good: g.value, total: t.value, origin: { ...both(g, t), raw: t.raw ?? t.value } };
    },
    async close(): Promise<void> {
      await Promise.all([good.close?.(), total.close?.()]);
    },
  };
}

/** Share of bad events. Good may run ahead of total by what happened between the two readings; that is no negative error. */
export const errorRate = ({ good, total }: Counts): number => Math.max(0, total - good) / total;
