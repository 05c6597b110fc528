import type { GateDecision } from '../activities/control.ts';
import type { Preview } from '../activities/preview.ts';
import type { WaveWorth } from '../activities/worth.ts';
import type { ApprovalRules } from '../domain/approval.ts';
import { resolveWaves, type Plan } from '../domain/plan.ts';
import type { RunInput } from '../domain/run.ts';
import { worthOf } from './earn.ts';
import { reasonOf } from './failure.ts';
import { control, looking } from './proxies.ts';

/** What `plan` answers: the parsed plan, whether its gates are open now, and what the site shows. */
export type PlanResult =
  | { valid: false; reason: string }
  | {
      valid: true;
      plan: Plan;
      gates: GateDecision;
      preview: Preview | { unavailable: string };
      worth?: WaveWorth[];
      approvals?: ApprovalRules;
    };

/** Plans a run without running it. Touches nothing. */
export async function plan(input: RunInput): Promise<PlanResult> {
  const admission = await control.admitRun(input);
  if (!admission.admitted) return { valid: false, reason: admission.reason };
  const { experiment, seed } = admission.plan;
  const gates = await control.checkGates(admission.plan, { requestedBy: input.requestedBy });
  const preview = await looking(experiment.site)
    .previewWaves(experiment, seed)
    .catch((cause: unknown) => ({ unavailable: reasonOf(cause) }));
  const worth = await weigh(admission.plan);
  if (!asksPeople(admission.plan)) return { valid: true, plan: admission.plan, gates, preview, worth };
  // Without a policy nobody would be asked; the gates tell why.
  const { proof, problem } = await control
    .tellApprovals(admission.plan, input.requestedBy)
    .catch((cause: unknown): ApprovalRules => ({ proof: 'signed', problem: reasonOf(cause) }));
  return { valid: true, plan: admission.plan, gates, preview, worth, approvals: { proof, ...(problem !== undefined && { problem }) } };
}

const asksPeople = ({ experiment }: Plan): boolean =>
  experiment.approvals.required > 0 || resolveWaves(experiment).some(({ gate }) => gate === 'approval');

/** What the records say now of each wave that requires something, or costs error budget. */
async function weigh(plan: Plan): Promise<WaveWorth[]> {
  const worth: WaveWorth[] = [];
  for (const wave of resolveWaves(plan.experiment).filter(({ requires, budget }) => requires ?? budget))
    worth.push(await worthOf(plan, wave));
  return worth;
}
