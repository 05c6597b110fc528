import * as z from 'zod';
import { Name, Window, isTimeZone } from '../domain/experiment/metadata.ts';
import { Duration, Ratio } from '../domain/units.ts';
import { namedDays } from './times/days.ts';
import { whyNoRule } from './times/recurrence.ts';

const Glob = z.string().min(1).max(200).describe('a name in which * stands for anything');
/** A list, or one of it. */
const Globs = z.union([z.array(Glob).min(1).max(200), Glob.transform((glob) => [glob])], { error: 'expected a name or a list of names' });
const Zone = z.string().refine(isTimeZone, 'expected an IANA time zone such as Europe/Berlin');
const Reason = z.string().min(3, 'expected a reason that a person understands').max(500);

/** Which waves a rule is about. All that is given must fit; of a list, one. */
const Match = z.strictObject({
  environment: Globs.optional(),
  service: Globs.optional(),
  owner: Globs.optional(),
  tier: Globs.optional().describe('an experiment that states none fits every list'),
  tenant: Globs.optional().describe('an experiment that states none fits every list'),
  dataClass: Globs.optional(),
  labels: z.record(z.string().max(63), Globs).optional().describe('labels of the experiment that must be there with one of these values'),
  site: Globs.optional(),
  requestedBy: Globs.optional().describe('who asks: a claim'),
  target: Globs.optional().describe('kind of target'),
  namespace: Globs.optional(),
  fault: Globs.optional().describe('kind of fault'),
  wave: Globs.optional().describe('name of the wave'),
  dryRun: z.boolean().optional(),
});

const local = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/, 'expected a local time such as 2026-01-05T10:00')
  .transform((text) => (text.length === 16 ? `${text}:00` : text))
  .refine((text) => !Number.isNaN(Date.parse(`${text}Z`)), 'expected a time that exists, such as 2026-01-05T10:00');

const longestDays = 366;
const Length = Duration.refine((ms) => ms > 0 && ms <= longestDays * 86_400_000, `expected more than 0 and at most ${longestDays}d`);

/** A rule of RFC 5545, in local time. */
export const Recurring = z.strictObject({
  name: z.string().max(100).optional().describe('what people call it'),
  rrule: z
    .string()
    .max(500)
    .check(({ value, issues }) => {
      const why = whyNoRule(value);
      if (why !== undefined) issues.push({ code: 'custom', input: value, message: why });
    }),
  start: local.describe('first time, in the zone'),
  duration: Length,
  zone: Zone,
});

/** When nothing begins. */
export const Blackout = z.union([
  Recurring,
  z.strictObject({
    name: z.string().max(100).optional(),
    calendar: z
      .string()
      .regex(/^[\w][\w.-]*\.ics$/, 'expected the name of an .ics file in the folder of the policy')
      .describe('iCalendar file'),
    zone: Zone.describe('of whole days, and of times without a zone'),
  }),
  z.strictObject({
    day: z.enum(namedDays),
    days: z.int().min(1).max(60).default(1).describe('how many days, from that one on'),
    zone: Zone,
  }),
  z.strictObject({
    holidays: z
      .string()
      .regex(/^[A-Z]{2}$/, 'expected a country such as US')
      .describe('public holidays of a country, ISO 3166'),
    state: z.string().max(10).optional().describe('a part of the country, such as BE for Berlin'),
    zone: Zone,
  }),
]);

/** What a rule may demand. Each is judged on its own; all must hold. */
export const Constraints = z.strictObject({
  deny: Reason.optional().describe('never; the reason'),
  allowTargets: z
    .array(z.strictObject({ kind: Globs.optional(), namespace: Globs.optional() }))
    .min(1)
    .optional()
    .describe('nothing else may be hit'),
  allowTenants: Globs.optional().describe('no other tenant; one that is not stated is none of them'),
  excludeDataClasses: Globs.optional(),
  protectedNamespaces: Globs.optional().describe('not to be hit, nor repaired by a runbook'),
  maxVictims: z.int().min(0).optional().describe('most that the plan may allow itself in one wave'),
  maxConcurrent: z.int().min(0).optional(),
  maxPercent: Ratio.optional().describe('the plan must cap itself at this share of the population or less'),
  survivorsAtLeast: z.int().min(0).optional(),
  maxHold: Duration.optional().describe('longest time that a fault is held'),
  maxIterations: z.int().min(1).optional(),
  requireWaves: z
    .array(z.string().min(1).max(40))
    .min(1)
    .optional()
    .describe('waves that must come before, in this order; `dry-run` is any dry run'),
  approvalsAtLeast: z.int().min(0).max(10).optional(),
  requireTicket: z.union([z.literal(true), Globs], { error: 'expected true, or what tickets look like, such as CHG-*' }).optional(),
  requireRollback: z.literal(true).optional(),
  windows: z
    .array(z.union([Window, Recurring]))
    .min(1)
    .optional()
    .describe('a wave begins only in one of these'),
  blackouts: z.array(Blackout).min(1).optional().describe('no wave begins in any of these'),
  cel: z
    .strictObject({ expression: z.string().min(1).max(2_000).describe('must be true'), reason: Reason })
    .optional()
    .describe('what the rest cannot say, in the Common Expression Language'),
});

/** When the review of a commit stands for one approval. It lifts no demand: how many approvals are needed is said elsewhere. */
const ReviewedCommit = z.strictObject({
  within: Length.describe('longest time since the reviewer signed the commit'),
  branch: Globs.describe('the protected branch, as the sync is told: origin/main'),
  authorsSigned: z
    .boolean()
    .default(false)
    .describe('only when the authors, too, have signed what they wrote, each with a key of their own'),
  gates: z.boolean().default(false).describe('also at a wave whose gate waits for an approval'),
});

/** One rule. */
export const Rule = z
  .strictObject({
    name: Name,
    description: z.string().max(500).optional(),
    when: Match.prefault({}).describe('which waves it is about; absent: all'),
    unless: Match.optional().describe('which it is not about'),
    ...Constraints.shape,
    reviewedCommitCounts: z
      .union([z.literal(false), ReviewedCommit], {
        error: 'expected false, or when it counts: `{ within: 30d, branch: origin/main }`',
      })
      .optional()
      .describe('whether a commit that was reviewed counts as one of the approvals; false: not, whatever other rules say'),
  })
  .check(({ value, issues }) => {
    const keys = Object.keys(Constraints.shape) as (keyof z.infer<typeof Constraints>)[];
    if (value.reviewedCommitCounts === undefined && keys.every((key) => value[key] === undefined))
      issues.push({
        code: 'custom',
        input: value,
        message: `the rule demands nothing: write one of ${keys.join(', ')}, reviewedCommitCounts`,
      });
    if (value.unless && Object.keys(value.unless).length === 0)
      issues.push({
        code: 'custom',
        input: value.unless,
        path: ['unless'],
        message: 'an empty `unless` fits everything: the rule would never apply',
      });
  });

/** A policy file. */
export const PolicyDocument = z
  .strictObject({
    apiVersion: z.literal('breakwater.dev/v1'),
    kind: z.literal('Policy'),
    metadata: z.strictObject({
      name: Name,
      owner: z.string().min(1).max(100).describe('who answers for the rules'),
      contact: z.string().min(1).max(200).describe('whom to ask when something is denied'),
    }),
    rules: z.array(Rule).min(1).max(200),
  })
  .check(({ value, issues }) => {
    value.rules.forEach(({ name }, i) => {
      if (value.rules.findIndex((other) => other.name === name) < i)
        issues.push({ code: 'custom', input: name, path: ['rules', i, 'name'], message: 'there is a rule of this name above' });
    });
  });

export type ReviewedCommitCounts = z.infer<typeof ReviewedCommit>;
export type Match = z.infer<typeof Match>;
export type Rule = z.infer<typeof Rule>;
export type Constraints = z.infer<typeof Constraints>;
export type Blackout = z.infer<typeof Blackout>;
export type PolicyDocument = z.infer<typeof PolicyDocument>;
