import type { WaveFacts } from '../facts.ts';
import { fits } from '../match.ts';
import type { ConstraintTable } from './define.ts';

const DRY_RUN = 'dry-run';

/** Whether a wave is one that a policy names: any dry run is `dry-run`, and a live wave is known by its name. */
const isStep = (step: string, { name, dryRun }: WaveFacts): boolean => (step === DRY_RUN ? dryRun : !dryRun && name === step);

/** The steps that must come before a wave, and do not, in their order. Before a step itself only the earlier ones must. */
export function missingSteps(steps: readonly string[], waves: readonly WaveFacts[], wave: WaveFacts): string[] {
  const own = steps.findIndex((step) => isStep(step, wave));
  const needed = own < 0 ? steps : steps.slice(0, own);
  const before = waves.slice(
    0,
    waves.findIndex(({ name }) => name === wave.name),
  );
  let from = 0;
  return needed.filter((step) => {
    const at = before.findIndex((one, i) => i >= from && isStep(step, one));
    if (at >= 0) from = at + 1;
    return at < 0;
  });
}

/** What people must have said, and what must have been tried before. */
export const consent: Pick<ConstraintTable, 'requireWaves' | 'approvalsAtLeast' | 'requireTicket' | 'requireRollback'> = {
  requireWaves: (steps, { waves }, wave) => {
    const missing = missingSteps(steps, waves, wave);
    if (missing.length === 0) return undefined;
    return {
      value: `${missing.join(', ')} missing`,
      limit: `first ${steps.join(', then ')}`,
      reason: `smaller steps must come before wave ${wave.name}: add them to \`waves\`, in this order`,
    };
  },
  approvalsAtLeast: (least, { approvalsRequired }) =>
    approvalsRequired < least
      ? {
          value: String(approvalsRequired),
          limit: `at least ${least}`,
          reason: `too few people must approve: write \`approvals: { required: ${least} }\``,
        }
      : undefined,
  requireTicket: (wanted, { ticket }) => {
    if (ticket !== undefined && ticket !== '' && (wanted === true || fits(ticket, wanted))) return undefined;
    const like = wanted === true ? 'CHG-…' : wanted.join(' or ');
    return {
      value: ticket ?? 'no ticket',
      limit: `such as ${like}`,
      reason: `a ticket is needed: write \`metadata: { ticket: ${like} }\``,
    };
  },
  requireRollback: (_wanted, { rollbacks }) =>
    rollbacks.length === 0
      ? {
          value: 'no rollbacks',
          limit: 'at least one',
          reason: 'a runbook must follow when the wave is stopped: name it under `rollbacks`',
        }
      : undefined,
};
