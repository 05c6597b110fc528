import * as z from 'zod';
import type { Plan } from '../domain/plan.ts';
import type { Admission, RunEvent, RunInput, RunResult } from '../domain/run.ts';
import { describeWindow, mayBegin } from '../domain/window.ts';
import { makePlan } from '../language/digest.ts';
import { evaluatePolicy } from '../policy/guardrails.ts';
import type { OpenRun } from '../records/ports.ts';
import { createComparisons } from './comparisons.ts';
import type { ControlPorts } from './ports.ts';

/** What a run may be started with. Whoever starts it, from whatever door, goes through this. */
const Input = z.strictObject({
  document: z.unknown(),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
  timeScale: z.number().gt(0).max(1),
  requestedBy: z.string().min(1).max(200),
  expectedDigest: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
});

/** Whether a wave may begin now, and if not, which rule says so. */
export type GateDecision = { open: true } | { open: false; rule: string; reason: string };

function parseInput(input: RunInput): { plan: Plan } | { reason: string } {
  const parsed = Input.safeParse(input);
  if (!parsed.success) return { reason: `the run's input is not valid: ${z.prettifyError(parsed.error)}` };
  const { document, seed, timeScale, expectedDigest } = parsed.data;
  try {
    const plan = makePlan(document, seed, timeScale);
    if (expectedDigest !== undefined && expectedDigest !== plan.digest)
      return { reason: `the plan is not the one that was asked for: digest ${plan.digest}, expected ${expectedDigest}; plan it again` };
    return { plan };
  } catch (error) {
    return {
      reason:
        error instanceof z.ZodError
          ? `the experiment is not valid: ${z.prettifyError(error)}`
          : `the experiment cannot be read: ${String(error)}`,
    };
  }
}

/** Creates the activities that run beside the workflow: admission, gates and records. */
export const createControlActivities = ({ records, nowMs }: ControlPorts) => ({
  ...createComparisons(records),

  /** Parses what the run was started with; anything that is not an experiment is refused, whoever started it. */
  admitRun(input: RunInput): Promise<Admission> {
    const parsed = parseInput(input);
    return Promise.resolve(
      'plan' in parsed ? { admitted: true, plan: parsed.plan } : { admitted: false, reason: parsed.reason.slice(0, 4_000) },
    );
  },

  /** Policy and windows, evaluated afresh: before the first wave and before each. */
  checkGates(plan: Plan): Promise<GateDecision> {
    const { denials } = evaluatePolicy(plan);
    const [denial] = denials;
    if (denial)
      return Promise.resolve({
        open: false,
        rule: denial.rule,
        reason: denials.map(({ rule, reason }) => `${rule}: ${reason}`).join('; '),
      });
    const { windows } = plan.experiment;
    if (mayBegin(windows, nowMs())) return Promise.resolve({ open: true });
    return Promise.resolve({ open: false, rule: 'window', reason: `outside of its windows: ${windows.map(describeWindow).join('; ')}` });
  },

  /** Writes events; the run's own row comes first, whichever flush is the first to reach the database. */
  async recordEvents(run: OpenRun, events: RunEvent[]): Promise<void> {
    await records.openRun(run);
    await records.appendEvents(run.workflowId, events);
  },

  async closeRun(result: RunResult, closedAtMs: number): Promise<void> {
    const { workflowId, verdict, reason } = result;
    await records.closeRun(workflowId, { verdict, reason, result: { ...result }, closedAtMs });
  },
});

export type ControlActivities = ReturnType<typeof createControlActivities>;
