import * as z from 'zod';
import { parseDuration } from '../../domain/units.ts';

const delay = z
  .union([z.number().int().min(0), z.string().transform((text) => parseDuration(text) ?? NaN)])
  .pipe(z.number({ error: 'expected a duration with its unit, such as 8s, or milliseconds' }).min(0).max(600_000));

const switches = {
  slowRestart: delay.describe(
    'how long the supervisor waits before it restarts a worker that died, milliseconds once parsed; 0: its usual back-off',
  ),
  lostMessageOnCrash: z.boolean().describe('a worker acknowledges a payment before it works on it, so a kill loses the payment'),
  poisonRetries: z.boolean().describe('a payment that nobody can book is retried at once for ever, and holds its worker each time'),
};

/** What is wrong with the payments system on purpose. */
export const Weaknesses = z.strictObject({
  slowRestart: switches.slowRestart.default(0),
  lostMessageOnCrash: switches.lostMessageOnCrash.default(false),
  poisonRetries: switches.poisonRetries.default(false),
});
export type Weaknesses = z.infer<typeof Weaknesses>;

/** A change: only the switches that are named change. */
export const WeaknessChange = z.strictObject(switches).partial();
export type WeaknessChange = z.input<typeof WeaknessChange>;

/** A system without weaknesses. */
export const noWeaknesses: Weaknesses = { slowRestart: 0, lostMessageOnCrash: false, poisonRetries: false };
