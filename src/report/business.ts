import * as z from 'zod';
import { businessImpact, type BusinessImpact, type Rate } from '../domain/business.ts';
import type { SampleBucket } from '../records/ports.ts';
import { faultWindows } from './fault-windows.ts';
import { duration, place, quantity } from './format.ts';
import type { RunReport } from './model.ts';

/** What one iteration cost the business. Money is in the currency of the experiment; absent when it gives no price. */
export interface BusinessMeasure {
  wave: string;
  iteration: number;
  impact: BusinessImpact;
  money?: { currency: string; perMinuteUsual: number; perMinuteDuring: number; lost: number };
}

/** What is read of a recorded experiment. Loose: what cannot be read gives no measure. */
const Recorded = z.object({
  business: z.object({
    completed: z.string(),
    revenuePerTransaction: z
      .object({ amount: z.number().min(0), currency: z.string().regex(/^[A-Z]{3}$/) })
      .optional()
      .catch(undefined),
  }),
});

const toRate = ({ fromMs, mean }: SampleBucket): Rate => ({ atMs: fromMs, value: mean });

/** Each iteration that had a fault, from the buckets of the signal; none when the experiment names no business signal. */
export function businessMeasures({ run, events, signals }: Pick<RunReport, 'run' | 'events' | 'signals'>): BusinessMeasure[] {
  const parsed = Recorded.safeParse(run.experiment);
  if (!parsed.success) return [];
  const { completed, revenuePerTransaction: price } = parsed.data.business;
  return faultWindows(events).flatMap(({ wave, iteration, fromMs }) => {
    const buckets = signals.find(({ probe }) => probe === completed)?.buckets ?? [];
    const own = buckets.filter((one) => one.wave === wave && one.iteration === iteration);
    const before = own.filter(({ phase, fromMs: atMs }) => phase === 'baseline' && atMs < fromMs);
    const impact = businessImpact(before.map(toRate), own.filter(({ fromMs: atMs }) => atMs >= fromMs).map(toRate));
    if (!impact) return [];
    const perMinute = (rate: number): number => rate * 60 * (price?.amount ?? 0);
    const money = price && {
      currency: price.currency,
      perMinuteUsual: perMinute(impact.usual),
      perMinuteDuring: perMinute(impact.during),
      lost: impact.lost * price.amount,
    };
    return [{ wave, iteration, impact, ...(money && { money }) }];
  });
}

export const BUSINESS_HEADS = [
  ...[
    'Wave',
    'Usual, per minute',
    'Meanwhile, per minute',
    'Lost',
    'Late',
    'By chance alone',
    'Revenue per minute',
    'Revenue lost',
    'Not seen',
  ],
] as const;

const perMinute = (rate: number): string => quantity(rate * 60);

/** What it cost the business, for a table. */
export const businessRows = (report: Pick<RunReport, 'run' | 'events' | 'signals'>): string[][] =>
  businessMeasures(report).map(({ wave, iteration, impact, money }) => [
    ...[place(wave, iteration), perMinute(impact.usual), perMinute(impact.during), quantity(impact.lost), quantity(impact.late)],
    impact.byChance === null ? 'baseline too short to tell' : `up to ${quantity(impact.byChance)}`,
    money ? `${quantity(money.perMinuteUsual, money.currency)} → ${quantity(money.perMinuteDuring, money.currency)}` : 'no price is given',
    money ? quantity(money.lost, money.currency) : 'no price is given',
    impact.unseenMs > 0 ? `${duration(impact.unseenMs)} of ${duration(impact.watchedMs)}` : 'nothing',
  ]);

/** Whether the experiment names a business signal. */
export const namesBusiness = ({ run }: Pick<RunReport, 'run'>): boolean => Recorded.safeParse(run.experiment).success;

/** Said instead of a table without rows. */
export const NO_BUSINESS = 'The experiment names no business signal (business.completed), or it gave no values before and under a fault.';
