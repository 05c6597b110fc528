import type { Preparation } from '../activities/prepare.ts';
import { notDone, type Order } from '../domain/order.ts';
import { FENCE_KEY, fenceFault, fenceTarget } from '../domain/traffic/order.ts';
import { whyUnfenced, type IterationFacts } from '../domain/verdict.ts';
import type { AdmittedRun, Place } from './context.ts';
import { INJECT_WITHIN_MS, injecting } from './proxies.ts';

/** Whether the run sets the canary's share itself; then its iterations do so, and take it back. */
export const setsFence = ({ plan }: AdmittedRun): boolean => plan.experiment.traffic?.set !== undefined;

/** What every order to hit somebody says of the canary's traffic. */
export const capOf = ({ plan: { experiment } }: AdmittedRun): Pick<Order, 'traffic'> =>
  experiment.traffic ? { traffic: { route: experiment.traffic.route, maxShare: experiment.traffic.maxShare } } : {};

/** The order to set the fence of an iteration; undefined when the wave's preparation did not find the route. */
export function fenceOrder(run: AdmittedRun, place: Place, { fence }: Preparation): Order | undefined {
  const { traffic, guard, metadata } = run.plan.experiment;
  if (traffic?.set === undefined || !fence?.target) return undefined;
  const { workflowId } = run.state;
  return {
    key: `${workflowId}/${place.wave}/${place.iteration}/${FENCE_KEY}${fence.target.id}`,
    workflowId,
    environment: metadata.environment,
    ...place,
    fault: fenceFault(traffic, traffic.set),
    target: fence.target,
    notAfterMs: Date.now() + INJECT_WITHIN_MS,
    epoch: run.epoch,
    victimsPlanned: 1,
    leaseMs: guard.lease,
    survivors: { targets: fenceTarget(traffic), atLeast: 0 },
    isFence: true,
  };
}

/**
 * Sets the fence. Its undo is armed by whoever calls this.
 * @returns whether it is proven; if not, nobody may be hit
 */
export async function raiseFence(
  { plan, chronicle }: AdmittedRun,
  place: Place,
  facts: IterationFacts,
  order: Order | undefined,
): Promise<boolean> {
  facts.fence = order
    ? await injecting(plan.experiment.site, `fence: ${order.target.name}`).injectFault(order)
    : notDone('the wave was prepared without its route', Date.now());
  const why = whyUnfenced(facts);
  const data = { target: order?.target, share: order?.fault['share'], ...facts.fence };
  chronicle.add(why === undefined ? 'fence-set' : 'fence-failed', data, place);
  return why === undefined;
}
