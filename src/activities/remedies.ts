import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { Spec } from '../domain/order.ts';
import { remedies } from '../remedies/index.ts';
import type { RemedyPorts } from '../remedies/ports.ts';
import { beating } from './beating.ts';
import { refuse } from './refuse.ts';

type AnyRemedy = { apply(spec: Spec, ports: RemedyPorts, signal: AbortSignal, order: string): Promise<string> };

/** Creates the activity that applies a remedy. */
export const createRemedyActivities = (ports: RemedyPorts) => ({
  /** @returns one sentence that says what was done */
  async applyRemedy(spec: Spec): Promise<string> {
    const remedy = remedies[spec.kind as keyof typeof remedies] as AnyRemedy | undefined;
    if (!remedy) throw refuse('UnknownRemedy', `no remedy '${spec.kind}'; there are ${Object.keys(remedies).join(', ')}`);
    return beating(() => remedy.apply(spec, ports, cancellationSignal(), orderOf(activityInfo())));
  },
});

/** The same on every attempt, and no other's. */
const orderOf = ({ workflowExecution, activityId }: ReturnType<typeof activityInfo>): string =>
  [workflowExecution?.workflowId, workflowExecution?.runId, activityId].join('/');
