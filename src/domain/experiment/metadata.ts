import * as z from 'zod';
import { Duration, Ratio } from '../units.ts';

/** Names go into workflow ids and URLs, hence no slash and nothing to escape. */
export const Name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and hyphens, 63 at most, such as payment-worker');

/** Who owns the experiment, what it shoots at, where. */
export const Metadata = z.strictObject({
  name: Name.describe('identifies the experiment'),
  owner: z.string().min(1).max(100).describe('the team that answers for it'),
  author: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('who wrote it, by the name that the API knows them by, such as corp:ann: they may not approve it'),
  service: Name.describe('the service that is experimented on'),
  environment: Name.describe('where: development, staging, production'),
  group: Name.optional().describe('services that must not be experimented on together: one run at a time holds the group'),
  dependencies: z.array(Name).max(20).default([]).describe('what the service depends on: one run at a time holds each of them'),
  ticket: z.string().max(100).optional().describe('change request or issue that it belongs to'),
  dataClass: z.enum(['none', 'internal', 'pii', 'pci', 'phi']).default('none').describe('the most sensitive data that the targets handle'),
  tier: Name.optional().describe(
    'how much depends on the service, in the words of your policies, such as tier-1; not stated: every rule about tiers applies',
  ),
  tenant: Name.optional().describe('whose the targets are, where tenants are kept apart; not stated: every rule about tenants applies'),
  labels: z.record(z.string().max(63), z.string().max(255)).default({}).describe('free labels for filtering'),
});

const aClock = 'expected a time of day such as "10:00"';
/** A minute of the day. */
export const Clock = z.string(aClock).regex(/^([01]\d|2[0-3]):[0-5]\d$/, aClock);
const day = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);

/** Whether the runtime knows the IANA zone. */
export const isTimeZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

/** When waves may begin. Outside, they are refused. */
export const Window = z.strictObject({
  days: z.array(day).min(1).describe('days of the week, in the zone'),
  from: Clock.describe('first minute'),
  to: Clock.describe('first minute after; earlier than `from` means the next day'),
  zone: z.string().refine(isTimeZone, 'expected an IANA time zone such as Europe/Berlin').describe('IANA time zone'),
});

/** How many people must say yes, and how long the run waits for them. */
export const Approvals = z.strictObject({
  required: z.int().min(0).max(10).default(0),
  within: Duration.default(3_600_000).describe('the run is denied when they did not come in this time'),
  populationMayDropBy: Ratio.refine((share) => share >= 0 && share <= 1, 'expected 0% to 100%, such as 20%')
    .default(0.2)
    .describe(
      'which share of the targets that live and are ready may go after an approval was asked for, rounded down to whole targets; when more have gone, the approval is void and no wave begins',
    ),
});

/** What the guard tolerates before it counts as blind. */
export const GuardSettings = z.strictObject({
  maxBlind: Duration.default(10_000).describe('longest time without a value of any watched signal'),
  lease: Duration.refine((ms) => ms >= 2_000 && ms <= 3_600_000, 'expected 2s to 1h')
    .default(15_000)
    .describe('how long a reversible fault lives at its target when the guard does not renew it'),
  maxSkew: Duration.refine((ms) => ms >= 1_000 && ms <= 60_000, 'expected 1s to 1m')
    .default(5_000)
    .describe('how far the clock of a source may be from the worker’s; beyond it nothing that the source says counts'),
  maxConsecutiveErrors: z.int().min(1).max(100).default(3).describe('failures or answers without data of one probe, in a row'),
});

export type Metadata = z.infer<typeof Metadata>;
export type Window = z.infer<typeof Window>;
