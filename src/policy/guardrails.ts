import type { Plan } from '../domain/plan.ts';

/** Why a rule denies, with the value and the remedy; undefined when it has nothing against the plan. */
type Guardrail = (plan: Plan) => string | undefined;

/** Rules in code. No file, flag or role lifts them. */
export const guardrails: Record<string, Guardrail> = {
  'production-needs-approval': ({ experiment }) =>
    experiment.metadata.environment.startsWith('prod') && experiment.approvals.required < 1
      ? `environment ${experiment.metadata.environment} needs at least one approval: write \`approvals: { required: 1 }\``
      : undefined,
  'production-needs-ticket': ({ experiment }) =>
    experiment.metadata.environment.startsWith('prod') && !experiment.metadata.ticket
      ? `environment ${experiment.metadata.environment} needs a ticket: write \`metadata: { ticket: CHG-… }\``
      : undefined,
  'no-regulated-data': ({ experiment }) =>
    ['pci', 'phi'].includes(experiment.metadata.dataClass)
      ? `targets with data class ${experiment.metadata.dataClass} must not be experimented on`
      : undefined,
  'no-scaled-time-in-production': ({ experiment, timeScale }) =>
    experiment.metadata.environment.startsWith('prod') && timeScale !== 1
      ? `time scale ${timeScale} would shorten stop conditions and cool-downs in production: use 1`
      : undefined,
};

/** What the policy says of a plan. */
export interface PolicyDecision {
  allowed: boolean;
  /** The names of the rules that were evaluated. */
  evaluated: string[];
  denials: { rule: string; reason: string }[];
}

/** Evaluates every guardrail. A rule that throws denies. */
export function evaluatePolicy(plan: Plan): PolicyDecision {
  const denials = Object.entries(guardrails).flatMap(([rule, check]) => {
    try {
      const reason = check(plan);
      return reason === undefined ? [] : [{ rule, reason }];
    } catch (error) {
      return [{ rule, reason: `could not be evaluated: ${String(error)}` }];
    }
  });
  return { allowed: denials.length === 0, evaluated: Object.keys(guardrails), denials };
}
