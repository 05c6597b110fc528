import * as z from 'zod';
import { failure, noData, valueOf } from './answer.ts';
import { GrowingTotals, SlidingGrowth } from './counters.ts';
import { defineProvider } from './define.ts';
import { msOf, PositiveDurationText } from './fields.ts';
import { errorRate, objectiveOf, openCounts, sloFields } from './slo.ts';

const schema = z.strictObject({
  kind: z.literal('slo-burn-rate'),
  ...sloFields,
  window: PositiveDurationText.default('5m').describe('sliding time over which the two counts are compared; less until it has passed'),
});

/**
 * How fast the error budget is used: `errorRate over the window / (1 − objective)`; at 1 it lasts exactly for the SLO's window.
 * Good and total must be counters since some beginning; a fall is read as a reset.
 * @see Google, The Site Reliability Workbook, chapter 5, "Alerting on burn rate"
 */
export const sloBurnRate = defineProvider('slo-burn-rate', {
  schema,
  doc: {
    summary: 'Tells how fast an SLO’s error budget is being used.',
    unit: 'multiple of the rate that uses up the budget exactly by the end of the SLO’s window',
    noData: 'Good or total has no data, the first measurement, or no events within the window.',
  },
  open(spec, ports) {
    const counts = openCounts(spec, ports);
    const totals = new GrowingTotals();
    const sliding = new SlidingGrowth(msOf(spec.window));
    return {
      async measure(signal) {
        const found = await counts.read(signal);
        if ('kind' in found) return found;
        if (found.total < 0 || found.good < 0) return failure('a count is negative');
        const both = (['good', 'total'] as const).map((group) => ({ series: group, group, value: found[group] }));
        const growth = sliding.push(ports.steadyMs(), totals.add(both));
        if (growth === undefined) return { ...found.origin, ...noData('no earlier counts within the window to compare with') };
        if (growth.of('total') <= 0) return noData('no events within the window');
        const rate = errorRate({ good: growth.of('good'), total: growth.of('total') });
        return { ...found.origin, ...valueOf(rate / (1 - objectiveOf(spec.objective))) };
      },
      close: () => counts.close(),
    };
  },
});
