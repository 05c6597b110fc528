import { cancellationSignal } from '@temporalio/activity';
import type { Census } from '../domain/approval.ts';
import type { Unmet } from '../domain/baseline.ts';
import type { Experiment } from '../domain/experiment/experiment.ts';
import { accessObstacles } from '../domain/kubernetes/grant.ts';
import type { Spec } from '../domain/order.ts';
import { resolveWaves } from '../domain/plan.ts';
import { createAccessCheck } from './access.ts';
import { discover, readyOf } from './discover.ts';
import type { SitePorts } from './ports.ts';
import { foreignObstacles } from './prepare.ts';

/** How many there are; or what the site lacks to count them, and then there is no count. */
export type Counted = { unmet: Unmet[]; census?: never } | { unmet?: never; census: Census };

/** Creates the activity that counts for whom an approval is asked. Touches nothing. */
export const createCensus = ({ site, environments, targets }: SitePorts, checkAccess = createAccessCheck(targets.kubernetes)) => ({
  /** @throws Error when the system cannot be looked at; KubernetesError while the cluster does not answer */
  async countTargets(experiment: Experiment): Promise<Counted> {
    const signal = cancellationSignal();
    const foreign = foreignObstacles({ site, ...(environments && { environments }) }, experiment);
    if (foreign.length > 0) return { unmet: foreign };
    const access = await checkAccess(experiment, signal);
    const unmet = access ? accessObstacles(access, experiment.metadata.name) : [];
    if (unmet.length > 0) return { unmet };
    const counts = new Map<string, Promise<number>>();
    const count = (spec: Spec): Promise<number> => {
      const key = JSON.stringify(spec);
      const counting = counts.get(key) ?? discover(spec, site, targets, signal).then((population) => readyOf(population).length);
      counts.set(key, counting);
      return counting;
    };
    const all = await count(experiment.targets);
    const waves: Record<string, number> = {};
    for (const wave of resolveWaves(experiment)) waves[wave.name] = await count(wave.targets);
    return { census: { all, waves } };
  },
});
