import * as z from 'zod';
import { Clock, Name, Window } from '../domain/experiment/metadata.ts';
import { Duration, Ratio } from '../domain/units.ts';
import { Blackout, Recurring } from '../policy/schema.ts';

/** Names that are taken: the janitor's schedule, and a route of the API. */
export const RESERVED_NAMES: readonly string[] = ['janitor', 'calendar'];

const [SOONEST_MS, LATEST_MS] = [60_000, 600_000];

const terms = {
  apiVersion: z.literal('breakwater.dev/v1'),
  kind: z.literal('Schedule'),
  metadata: z.strictObject({
    name: Name.refine((name) => !RESERVED_NAMES.includes(name), `this name is taken: not ${RESERVED_NAMES.join(' or ')}`).describe(
      'identifies the schedule',
    ),
    owner: z.string().min(1).max(100).describe('who answers for it'),
    description: z.string().max(500).optional(),
  }),
  windows: z
    .array(z.union([Window, Recurring]))
    .min(1)
    .max(20)
    .describe('one start in each; days, weeks and months are counted in the zone of the first'),
  start: z
    .union([z.literal('random'), z.literal('begin'), z.strictObject({ at: Clock.describe('in the zone of the window') })], {
      error: 'expected `random`, `begin` or `{ at: "11:00" }`',
    })
    .default('random')
    .describe('where in the window: anywhere (the same for everybody who asks), at its beginning, or at a time of day'),
  atMost: z
    .strictObject({
      runs: z.int().min(1).max(100),
      per: z.enum(['day', 'week', 'month']).describe('of the calendar; weeks begin on Monday'),
      of: z
        .enum(['schedule', 'service'])
        .default('schedule')
        .describe('service: runs by all schedules of the same service and environment that count so'),
    })
    .optional()
    .describe('the first of each period are taken'),
  skip: z
    .strictObject({
      blackouts: z.array(Blackout).min(1).max(50).optional().describe('nothing begins in any of these; those of the policy hold anyway'),
      budgetBelow: Ratio.refine((share) => share > 0 && share <= 1, 'expected more than 0% and at most 100%')
        .optional()
        .describe('nothing begins when less is left of the error budget of any SLO of the experiment, or when that cannot be told'),
    })
    .prefault({}),
  catchUp: z
    .union(
      [z.literal('off'), Duration.refine((ms) => ms >= SOONEST_MS && ms <= LATEST_MS, 'expected `off`, or a duration from 1m to 10m')],
      {
        error: 'expected `off`, or a duration from 1m to 10m',
      },
    )
    .default('off')
    .describe('how late a start may be made up for that was missed because Temporal was down; off: a minute'),
  paused: z.boolean().default(false),
};

/** When, without what: the part of a schedule file that its runs carry. */
export const ScheduleTerms = z.strictObject(terms);

/** Where an experiment lies that a schedule names. */
export const ExperimentPath = z.string().min(1).max(500);

/** A schedule file. */
export const ScheduleDocument = z.strictObject({
  ...terms,
  experiment: z
    .union([ExperimentPath, z.record(z.string(), z.unknown())], {
      error: 'expected the path of an experiment file, relative to this file, or the experiment itself',
    })
    .describe('path of the experiment file, relative to this file; or the experiment itself'),
});

export type ScheduleTerms = z.infer<typeof ScheduleTerms>;
