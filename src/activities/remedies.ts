import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { Spec } from '../domain/order.ts';
import { whyForeign } from '../domain/site-environments.ts';
import { remedies } from '../remedies/index.ts';
import type { RemedyPorts } from '../remedies/ports.ts';
import { beating } from './beating.ts';
import type { SitePorts } from './ports.ts';
import { refuse } from './refuse.ts';

type AnyRemedy = { apply(spec: Spec, ports: RemedyPorts, signal: AbortSignal, order: string): Promise<string> };

/** Creates the activity that applies a remedy. */
export const createRemedyActivities = (ports: RemedyPorts, { site, environments }: Pick<SitePorts, 'site' | 'environments'>) => ({
  /**
   * @param environment what its run says of itself; absent in what earlier versions asked
   * @returns one sentence that says what was done
   */
  async applyRemedy(spec: Spec, environment?: string): Promise<string> {
    const foreign = whyForeign(environments, site, environment);
    if (foreign !== undefined) throw refuse('ForeignEnvironment', foreign);
    const remedy = remedies[spec.kind as keyof typeof remedies] as AnyRemedy | undefined;
    if (!remedy) throw refuse('UnknownRemedy', `no remedy '${spec.kind}'; there are ${Object.keys(remedies).join(', ')}`);
    return beating(() => remedy.apply(spec, ports, cancellationSignal(), orderOf(activityInfo())));
  },
});

/** The same on every attempt, and no other's. */
const orderOf = ({ workflowExecution, activityId }: ReturnType<typeof activityInfo>): string =>
  [workflowExecution?.workflowId, workflowExecution?.runId, activityId].join('/');
