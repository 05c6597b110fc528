import * as z from 'zod';
import { Name } from '../domain/experiment/metadata.ts';
import { EXIT_CODES } from '../domain/run.ts';
import type { Verdict } from '../domain/verdict.ts';
import { Problem } from './problem.ts';

/** Deeper than any experiment; what is deeper is made to overflow a stack. */
const MAX_DEPTH = 64;

function depthOf(value: unknown): number {
  let level: unknown[] = [value];
  for (let depth = 0; ; depth++) {
    const below = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one as Record<string, unknown>) : []));
    if (below.length === 0 || depth > MAX_DEPTH) return depth;
    level = below;
  }
}

/** The experiment as data; the language itself reads it, and tells what is wrong with it. */
export const Document = z
  .record(z.string(), z.unknown())
  .refine((document) => depthOf(document) <= MAX_DEPTH, `is nested deeper than ${MAX_DEPTH} levels`)
  .describe('the experiment as JSON: what its YAML file parses to');

export const Seed = z
  .int()
  .min(0)
  .max(2 ** 31 - 1)
  .describe('chooses the victims; random when absent');
export const TimeScale = z.number().gt(0).max(1).describe('multiplies every policy duration');
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'expected the digest of a plan, 64 hexadecimal digits');

/** An instant, as epoch milliseconds. */
export const Instant = z.string().pipe(
  z.iso
    .datetime({ offset: true, error: 'expected an instant such as 2026-11-01T08:00:00Z' })
    .transform((text) => Date.parse(text))
    .meta({ type: 'string', format: 'date-time' }),
);

/** Texts that people read later: no control characters. */
export const Text = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'expected a text without control characters');
export const Reason = Text.describe('why');

const verdicts = Object.keys(EXIT_CODES) as [Verdict, ...Verdict[]];
export const VerdictName = z.enum(verdicts);
export const Places = { environment: Name.optional(), service: Name.optional() };

/** The id of a run; whether there is such a run, and whether it is the caller's business, is one question. */
export const RunParams = z.object({ id: z.string().describe('id of the run') });

/** What an act is sent with. Who acts is never in it. */
export const ActBody = z.strictObject({ reason: Reason.optional() }).nullish();
export const ReasonedBody = z.strictObject({ reason: Reason });
export const ApproveBody = z.strictObject({
  digest: Digest.describe('the digest of the plan that was seen'),
  awaiting: Text.optional().describe('what was seen to wait, such as `start` or `wave canary`; refused when it is something else by now'),
  reason: Reason.optional(),
  breakGlass: z
    .strictObject({ reason: Reason, ticket: z.string().trim().min(1).max(100).describe('incident or change that it belongs to') })
    .optional()
    .describe('stands for every approval that is missing; for the role break-glass, and it pages somebody'),
});

export const PlanBody = z.strictObject({ document: Document, seed: Seed.optional(), timeScale: TimeScale.optional() });
export const StartBody = PlanBody.extend({ expectedDigest: Digest.optional().describe('the digest that the plan showed') });
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{8,200}$/, 'expected 8 to 200 printable characters without blanks; the same key starts the same run once');

/** Later versions may say more. */
export const Started = z.looseObject({ workflowId: z.string(), runId: z.string(), alreadyStarted: z.boolean() });
export const PlanAnswer = z.looseObject({ valid: z.boolean(), reason: z.string().optional() });
export const StateAnswer = z.looseObject({ workflowId: z.string(), phase: z.string(), digest: z.string().optional() });
export const RunAnswer = z.looseObject({
  workflowId: z.string(),
  name: z.string(),
  service: z.string(),
  environment: z.string(),
  owner: z.string(),
  requestedBy: z.string(),
  startedAtMs: z.number(),
  closedAtMs: z.number().optional(),
  verdict: VerdictName.optional(),
  reason: z.string().optional(),
});
export const ScheduleAnswer = z.looseObject({ name: z.string(), cron: z.string(), zone: z.string(), paused: z.boolean() });
export const HaltAnswer = z.looseObject({ environment: z.string(), halt: z.looseObject({}), told: z.int() });

/** One answer that is a problem. */
export const problem = (description: string) => ({ description, content: { 'application/problem+json': { schema: Problem } } });
/** What every route may answer beside its own. */
export const problems = {
  400: problem('the request is not valid'),
  401: problem('nobody is authenticated'),
  403: problem('not allowed to this principal'),
  404: problem('there is no such thing, or it is not the business of this principal'),
  429: problem('too many requests'),
  431: problem('the head of the request is longer than 16 KB: its address and headers together'),
  503: problem('something that is needed does not answer'),
};
