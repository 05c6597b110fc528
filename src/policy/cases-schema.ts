import * as z from 'zod';
import { Duration, Ratio } from '../domain/units.ts';
import type { Facts, WaveFacts } from './facts.ts';

const DRY_RUN = 'dry-run';

/** What a wave may differ in. */
const wave = {
  fault: z.string().optional(),
  target: z.string().optional().describe('kind of target'),
  namespace: z.string().optional(),
  hold: Duration.optional(),
  iterations: z.int().min(1).optional(),
};

/** Facts as a person writes them. What is left out is taken from `defaults`, and then from a small harmless plan. */
export const Given = z.strictObject({
  environment: z.string().optional(),
  service: z.string().optional(),
  owner: z.string().optional(),
  site: z.string().optional(),
  tier: z.string().optional(),
  tenant: z.string().optional(),
  dataClass: z.string().optional(),
  ticket: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  requestedBy: z.string().optional(),
  approvals: z.int().min(0).optional(),
  rollbacks: z.array(z.string()).optional(),
  repairNamespaces: z.array(z.string()).optional(),
  maxVictims: z.int().optional(),
  maxConcurrent: z.int().optional(),
  maxPercent: Ratio.optional(),
  survivorsAtLeast: z.int().optional(),
  timeScale: z.number().optional(),
  ...wave,
  waves: z
    .array(z.union([z.string().transform((name) => ({ name })), z.strictObject({ name: z.string(), ...wave })]))
    .min(1)
    .optional()
    .describe('names, or names with what differs; dry-run is a dry run'),
  wave: z.string().optional().describe('the wave that is about to begin; absent: the run'),
});
export type Given = z.infer<typeof Given>;

const Instant = z.iso.datetime({ offset: true, error: 'expected a time with its offset, such as 2026-11-27T10:00:00-05:00' });

const Expectation = z.union(
  [z.literal('allow'), z.strictObject({ deny: z.array(z.string().min(1)).min(1).describe('every rule that must deny, and no other') })],
  { error: 'expected allow, or deny with the rules: `{ deny: [production/office-hours] }`' },
);

/** One question to the policies, and its answer. */
export const PolicyCase = z
  .strictObject({
    name: z.string().min(3).max(200),
    at: Instant.optional(),
    given: Given.optional(),
    experiment: z.string().optional().describe('an experiment file, relative to this one, instead of facts'),
    expect: Expectation,
  })
  .refine(({ given, experiment }) => !(given && experiment), 'expected `given` or `experiment`, not both');

/** A case that says its facts itself: what comes from elsewhere names no files here. */
export const GivenCase = z.strictObject({
  name: z.string().min(3).max(200),
  at: Instant.optional(),
  given: Given.optional(),
  expect: Expectation,
});

/** A file of cases, beside the policies. */
export const PolicyCases = z.strictObject({
  apiVersion: z.literal('breakwater.dev/v1'),
  kind: z.literal('PolicyCases'),
  defaults: Given.extend({ at: Instant.optional() }).prefault({}),
  cases: z.array(PolicyCase).min(1).max(2_000),
});
export type PolicyCase = z.infer<typeof PolicyCase>;
export type PolicyCases = z.infer<typeof PolicyCases>;

type WaveGiven = NonNullable<Given['waves']>[number];

function waveFacts(given: WaveGiven, all: Given): WaveFacts {
  const own = { ...all, ...given };
  return {
    name: given.name,
    dryRun: given.name === DRY_RUN,
    fault: own.fault ?? 'process-kill',
    targetKind: own.target ?? 'process',
    ...(own.namespace !== undefined && { namespace: own.namespace }),
    holdMs: own.hold ?? 60_000,
    iterations: own.iterations ?? 1,
    gate: 'auto',
  };
}

/** The facts of a case that is written as facts. */
export function factsGiven(given: Given, atMs: number): Facts {
  const { tier, tenant, ticket, wave: current } = given;
  return {
    atMs,
    requestedBy: given.requestedBy ?? 'nobody',
    plan: '',
    environment: given.environment ?? 'development',
    service: given.service ?? 'some-service',
    owner: given.owner ?? 'some-team',
    site: given.site ?? 'local',
    dataClass: given.dataClass ?? 'none',
    ...(tier !== undefined && { tier }),
    ...(tenant !== undefined && { tenant }),
    ...(ticket !== undefined && { ticket }),
    labels: given.labels ?? {},
    timeScale: given.timeScale ?? 1,
    approvalsRequired: given.approvals ?? 0,
    rollbacks: given.rollbacks ?? [],
    repairNamespaces: given.repairNamespaces ?? [],
    maxVictims: given.maxVictims ?? 1,
    maxConcurrent: given.maxConcurrent ?? 1,
    maxPercent: given.maxPercent ?? 1,
    survivorsAtLeast: given.survivorsAtLeast ?? 1,
    waves: (given.waves ?? [{ name: DRY_RUN }, { name: 'single' }]).map((one) => waveFacts(one, given)),
    ...(current !== undefined && { wave: current }),
  };
}
