import * as z from 'zod';

/** ISO 4217's code for 'no currency': nobody can book it, so such a payment is rejected. */
export const UNBOOKABLE_CURRENCY = 'XXX';

/** A payment as it lies in the queue. Its id is also its idempotency key. */
export const Payment = z.strictObject({
  id: z.uuid(),
  amountCents: z.int().positive().max(100_000_000),
  currency: z.string().regex(/^[A-Z]{3}$/, 'expected an ISO 4217 code, such as EUR'),
});
export type Payment = z.infer<typeof Payment>;

/** A payment as a customer sends it. */
export const PaymentRequest = Payment.partial({ id: true }).extend({ currency: Payment.shape.currency.default('EUR') });

/** How a payment ended. */
export type Outcome = 'completed' | 'rejected';

/** Where a payment is: ended, waiting, in a worker's hands, acknowledged without having been booked, or never heard of. */
export type Status = Outcome | 'queued' | 'processing' | 'lost' | 'unknown';
