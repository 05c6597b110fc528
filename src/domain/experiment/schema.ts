import * as z from 'zod';
import { Fence } from '../traffic/fence.ts';
import { Duration, Ratio } from '../units.ts';
import { Precondition, RemediationTrigger, SteadyStateClause, StopCondition, Tolerance } from './conditions.ts';
import { Business } from './business.ts';
import { Comparison } from './comparisons.ts';
import { Approvals, GuardSettings, Metadata, Name, Window } from './metadata.ts';
import type { Experiment } from './experiment.ts';
import { checkReferences } from './references.ts';
import { BlastRadius, Selection, Timing, waveSchema } from './waves.ts';

/** What the catalogues bring to the language: the schemas of their entries. */
export interface CatalogueSchemas {
  fault: z.ZodType;
  targets: z.ZodType;
  provider: z.ZodType;
  remedy: z.ZodType;
}

const ProbeName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and hyphens, such as queue-depth');

/** When an answer counts as sight. */
const sight = {
  maxAge: Duration.refine((ms) => ms > 0, 'expected more than 0')
    .optional()
    .describe('an older value is no data; default, where the source tells the time of its values: 3 × every + timeout'),
  mustMoveWithin: Duration.refine((ms) => ms > 0, 'expected more than 0')
    .optional()
    .describe(
      'under load the value (of a rate or ratio: the counter beneath it) changes at least this often; one that stands still is no data',
    ),
};

const probe = <P extends z.ZodType>(provider: P) =>
  z.strictObject({
    provider: provider.describe('how to ask'),
    unit: z.string().max(20).default('').describe('unit of the answer, for people'),
    description: z.string().max(500).optional(),
    every: Duration.refine((ms) => ms >= 50, 'expected 50ms or more')
      .default(1_000)
      .describe('sampling interval'),
    timeout: Duration.refine((ms) => ms >= 10, 'expected 10ms or more')
      .default(2_000)
      .describe('an answer later than this is an error'),
    ...sight,
  });

const slo = <P extends z.ZodType>(provider: P) =>
  z.strictObject({
    objective: Ratio.refine((share) => share > 0 && share < 1, 'expected more than 0% and less than 100%, such as 99.9%'),
    window: Duration.default(30 * 86_400_000).describe('the period that the objective is promised for'),
    burnRateOver: Duration.default(300_000).describe('how far back the burn rate looks'),
    good: provider.describe('counts the good events'),
    total: provider.describe('counts all events'),
    every: Duration.refine((ms) => ms >= 50, 'expected 50ms or more').default(1_000),
    timeout: Duration.default(2_000),
    ...sight,
  });

const runbook = <R extends z.ZodType>(remedy: R) =>
  z.strictObject({
    description: z.string().max(500).optional(),
    steps: z
      .array(
        z.strictObject({
          remedy: remedy.describe('what is done'),
          verify: z
            .strictObject({ probe: z.string(), tolerance: Tolerance, within: Duration })
            .optional()
            .describe('how it is known to have worked'),
        }),
      )
      .min(1)
      .max(20),
  });

/**
 * The experiment file, as a schema over the entries that the catalogues offer.
 * Parsed values are in base units: durations milliseconds, ratios fractions.
 */
export const experimentSchema = (catalogue: CatalogueSchemas) =>
  z
    .strictObject({
      apiVersion: z.literal('breakwater.dev/v1'),
      kind: z.literal('Experiment'),
      metadata: Metadata,
      hypothesis: z
        .string()
        .min(10, 'expected a sentence that can turn out wrong')
        .max(1_000)
        .describe('what is believed, in one sentence'),
      site: Name.default('local').describe('where the targets live: workers of this site act and measure'),
      probes: z.record(ProbeName, probe(catalogue.provider)).describe('the signals'),
      slo: z.record(ProbeName, slo(catalogue.provider)).default({}).describe('gives the signals NAME.budget-remaining and NAME.burn-rate'),
      steadyState: z.array(SteadyStateClause).min(1, 'expected at least one clause: without it nothing could be proven'),
      business: Business.optional().describe('what is lost while the system is not as it should be'),
      comparisons: z.array(Comparison).max(20).default([]).describe('questions to statistics, judged after each iteration'),
      preconditions: z.array(Precondition).default([]),
      stopConditions: z.array(StopCondition).min(1, 'expected at least one: a fault is never injected without a reason to stop it'),
      targets: catalogue.targets,
      fault: catalogue.fault,
      selection: Selection.default({ count: 1 }),
      blastRadius: BlastRadius.prefault({}),
      traffic: Fence.optional().describe('a fence around the canary: how much of the traffic it may have'),
      timing: Timing.prefault({}),
      waves: z.array(waveSchema(catalogue.fault, catalogue.targets)).min(1).max(20),
      guard: GuardSettings.prefault({}),
      approvals: Approvals.prefault({}),
      windows: z.array(Window).default([]).describe('when waves may begin; empty: always'),
      runbooks: z.record(Name, runbook(catalogue.remedy)).default({}),
      rollbacks: z.array(z.string()).default([]).describe('runbooks run after the undo of a stopped or aborted wave'),
      remediation: z
        .array(z.strictObject({ when: RemediationTrigger, runbook: z.string() }))
        .default([])
        .describe('runbooks run when recovery needs help'),
    })
    .check(({ value, issues }) => {
      issues.push(...checkReferences(value as Experiment));
    });
