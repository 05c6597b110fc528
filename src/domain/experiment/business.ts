import * as z from 'zod';
import { probeName } from './conditions.ts';

const anAmount = 'expected an amount with its currency, such as 12.50 EUR';

/** What a second of trouble costs: which signal counts the business, and what one of what it counts is worth. */
export const Business = z.strictObject({
  completed: probeName.describe('the signal of completed transactions, per second'),
  revenuePerTransaction: z
    .string({ error: anAmount })
    .regex(/^\d{1,12}(\.\d{1,6})?\s*[A-Z]{3}$/, anAmount)
    .transform((text) => ({ amount: parseFloat(text), currency: text.slice(-3) }))
    .optional()
    .describe('what one transaction is worth, with its currency: 12.50 EUR'),
});

export type Business = z.infer<typeof Business>;
