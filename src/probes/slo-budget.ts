import * as z from 'zod';
import { failure, noData, valueOf } from './answer.ts';
import { defineProvider } from './define.ts';
import { errorRate, objectiveOf, openCounts, sloFields } from './slo.ts';

const schema = z.strictObject({ kind: z.literal('slo-budget'), ...sloFields });

/**
 * The share of events that may still go wrong: `1 − errorRate / (1 − objective)`, over all that good and total count.
 * Let them count over the SLO's window, for instance with increase(…[30d]).
 * @see Google, The Site Reliability Workbook, chapter 2 and appendix B (error budget policy)
 */
export const sloBudget = defineProvider('slo-budget', {
  schema,
  doc: {
    summary: 'Tells how much of an SLO’s error budget is left.',
    unit: 'fraction: 1 untouched, 0 used up, negative overdrawn',
    noData: 'Good or total has no data, or total is 0.',
  },
  open(spec, ports) {
    const counts = openCounts(spec, ports);
    return {
      async measure(signal) {
        const found = await counts.read(signal);
        if ('kind' in found) return found;
        if (found.total === 0) return noData('total is 0: no events');
        if (found.total < 0 || found.good < 0) return failure('a count is negative');
        return { ...found.origin, ...valueOf(1 - errorRate(found) / (1 - objectiveOf(spec.objective))) };
      },
      close: () => counts.close(),
    };
  },
});
