import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { AuditFact, AuditHead } from '../domain/audit/entry.ts';
import { factAbout } from '../domain/audit/facts.ts';
import type { ChangeDecision } from '../domain/change.ts';
import type { Plan } from '../domain/plan.ts';
import type { Admission, RunEvent, RunInput, RunResult } from '../domain/run.ts';
import { whyNotFresh, type StartFacts } from '../domain/start.ts';
import { describeHalt } from '../domain/ledger/step.ts';
import { describeWindow, mayBegin } from '../domain/window.ts';
import { canonicalDigest, makePlan } from '../language/digest.ts';
import { describeDenial, type PolicyDecision } from '../policy/decision.ts';
import { evaluatePolicy } from '../policy/policy.ts';
import type { OpenRun } from '../records/ports.ts';
import { noteInAudit } from './audit.ts';
import { decideChange } from './change-control.ts';
import { executionHere } from './execution.ts';
import { haltIn } from './halts.ts';
import type { ControlPorts } from './ports.ts';
import { siteObstacle } from './site-workers.ts';

/** What a run may be started with. Whoever starts it, from whatever door, goes through this. */
const Input = z.strictObject({
  document: z.unknown(),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional(),
  timeScale: z.number().gt(0).max(1).default(1),
  requestedBy: z.string().min(1).max(300),
  expectedDigest: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  schedule: z
    .strictObject({
      name: z.string().min(1).max(63),
      document: z.unknown(),
      calendars: z.record(z.string().max(255), z.string().max(131_072)),
      sinceMs: z.number(),
    })
    .optional(),
  issued: z.strictObject({ workflowId: z.string().min(1).max(1_000), atMs: z.number() }).optional(),
});

/** A plan goes into the run's history several times, and a payload there holds 2 MB at most. */
const MAX_DOCUMENT_BYTES = 262_144;

/** Longest reason in a history, characters. */
const MOST_REASON = 4_000;

/** Who wants to begin, and with which wave. Absent in what older runs ask: nobody in particular, and the run as a whole. */
export interface GateQuestion {
  requestedBy: string;
  wave?: string;
  /** The executions of the run that were approved. Absent: none was, or nobody knew. */
  approvedIn?: readonly string[];
}

/** Whether a wave may begin now, and if not, which rule says so. `policy` and `change`: what rules and ticket were asked and said, when they were. */
export type GateDecision = ({ open: true } | { open: false; rule: string; reason: string }) & {
  policy?: PolicyDecision;
  change?: ChangeDecision;
};

/** The rule that denies when the ticket does. */
const CHANGE_CONTROL = 'change-control';

/** The same run draws the same seed however often it is asked, and after a reset. */
const drawSeed = (workflowId: string): number => createHash('sha256').update(workflowId).digest().readUInt32BE() >>> 1;

function parseInput(input: unknown, start?: StartFacts): { plan: Plan } | { reason: string } {
  const parsed = Input.safeParse(input);
  if (!parsed.success) return { reason: `the run's input is not valid: ${z.prettifyError(parsed.error)}` };
  const { document, seed, timeScale, expectedDigest, issued } = parsed.data;
  const stale = start && whyNotFresh(start, issued);
  if (stale !== undefined) return { reason: stale };
  try {
    const bytes = Buffer.byteLength(JSON.stringify(document) ?? '');
    if (bytes > MAX_DOCUMENT_BYTES) return { reason: `the experiment has ${bytes} bytes, and at most ${MAX_DOCUMENT_BYTES} are taken` };
    const plan = makePlan(document, seed ?? drawSeed(start?.workflowId ?? 'plan'), timeScale);
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

/** Absent for what is nested too deeply to be walked through: it is refused all the same. */
function digestOfAnything(document: unknown): { documentDigest?: string } {
  try {
    return { documentDigest: canonicalDigest(document) };
  } catch {
    return {};
  }
}

/** Anybody may have started it, with anything. */
function factOfRefusal(input: unknown, { workflowId, beganMs }: StartFacts, reason: string): AuditFact {
  const { requestedBy, document } = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>;
  return factAbout(workflowId, 'start-refused', {
    key: `start-refused/${workflowId}/${beganMs}`,
    atMs: beganMs,
    actor: typeof requestedBy === 'string' ? requestedBy : 'not said',
    reason,
    ...digestOfAnything(document),
  });
}

/** What was approved before somebody reset the run stands in its history, and is none of this execution's. */
const whyApprovedElsewhere = ({ approvedIn = [] }: Partial<GateQuestion> = {}): string | undefined =>
  approvedIn.every((execution) => execution === executionHere())
    ? undefined
    : 'the approval was given before somebody reset this run, and counts no more: start it anew';

/** Creates the activities that run beside the workflow: admission, gates and records. */
export const createControl = ({
  records,
  nowMs,
  changes,
  ...layers
}: Pick<ControlPorts, 'records' | 'nowMs' | 'siteEnvironments' | 'policies' | 'opa' | 'rego' | 'changes'>) => ({
  /**
   * Parses what the run was started with; anything that is not an experiment, or not fresh, is refused, whoever started it.
   * @param start what the run knows of its start; absent when it is only planned
   */
  async admitRun(input: RunInput, start?: StartFacts): Promise<Admission> {
    const parsed = parseInput(input, start);
    if ('plan' in parsed) return { admitted: true, plan: parsed.plan };
    const reason = parsed.reason.slice(0, MOST_REASON);
    // Such a run has no record of its own.
    if (start) await noteInAudit(records, factOfRefusal(input, start, reason));
    return { admitted: false, reason };
  },

  /** Halt, policy, ticket, windows and whether the site has a worker, looked at afresh: before the first wave and before each. */
  async checkGates(plan: Plan, asked?: GateQuestion): Promise<GateDecision> {
    const halt = await haltIn(plan.experiment.metadata.environment);
    if (halt) return { open: false, rule: halt.kind, reason: describeHalt(halt) };
    const elsewhere = whyApprovedElsewhere(asked);
    if (elsewhere !== undefined) return { open: false, rule: 'approval', reason: elsewhere };
    const atMs = nowMs();
    const occasion = { requestedBy: asked?.requestedBy ?? '', ...(asked?.wave !== undefined && { wave: asked.wave }), atMs };
    // Side by side: a local activity has 10 s for all of it.
    const [policy, change] = await Promise.all([evaluatePolicy(plan, occasion, layers), decideChange(plan, occasion, changes)]);
    const said = { policy, ...(change && { change }) };
    const [denial] = policy.denials;
    if (denial)
      return { open: false, rule: denial.rule, reason: policy.denials.map(describeDenial).join('; ').slice(0, MOST_REASON), ...said };
    if (change && !change.allowed) return { open: false, rule: CHANGE_CONTROL, reason: change.reason.slice(0, MOST_REASON), ...said };
    const { windows, site } = plan.experiment;
    if (!mayBegin(windows, atMs))
      return { open: false, rule: 'window', reason: `outside of its windows: ${windows.map(describeWindow).join('; ')}`, ...said };
    const nobody = await siteObstacle(site);
    return nobody === undefined ? { open: true, ...said } : { open: false, rule: 'site', reason: nobody, ...said };
  },

  /** Writes events; the run's own row comes first, whichever flush is the first to reach the database. */
  async recordEvents(run: OpenRun, events: RunEvent[]): Promise<void> {
    await records.openRun(run);
    await records.appendEvents(run.workflowId, events);
  },

  /** @returns where the audit log ends now; undefined when it cannot be told, which is no reason to close the run once more */
  async closeRun(result: RunResult, closedAtMs: number): Promise<AuditHead | undefined> {
    const { workflowId, verdict, reason } = result;
    await records.closeRun(workflowId, { verdict, reason, result: { ...result }, closedAtMs });
    return records.auditHead().catch(() => undefined);
  },
});

export type RunActivities = ReturnType<typeof createControl>;
