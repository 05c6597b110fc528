import type { Unmet } from '../domain/baseline.ts';
import type { Experiment } from '../domain/experiment/experiment.ts';
import { percent } from '../domain/percent.ts';
import type { Target } from '../domain/target.ts';
import { fenceRefusal, type FenceView } from '../domain/traffic/fence.ts';
import { fenceTarget } from '../domain/traffic/order.ts';
import { routeName } from '../domain/traffic/route.ts';
import { viewShare } from '../faults/kubernetes/share.ts';
import type { TargetPorts } from '../targets/ports.ts';
import { discover } from './discover.ts';

/** What the fence of an experiment shows before a wave. */
export interface FencePreparation extends FenceView {
  /** The route, pinned, when the wave is to set it. */
  target?: Target;
}

/** What is known of a fence, and what it has against a wave. */
export interface FenceCheck {
  fence: FencePreparation;
  unmet: Unmet[];
}

/**
 * Reads what the canary gets now. Where the run sets the share itself, what counts is what it is afterwards: then only what would
 * keep it from doing so is an obstacle.
 * @returns undefined when the experiment has no fence
 * @throws KubernetesError while the cluster does not answer
 */
export async function checkFence(
  { traffic, site }: Pick<Experiment, 'traffic' | 'site'>,
  ports: TargetPorts,
  signal: AbortSignal,
): Promise<FenceCheck | undefined> {
  if (!traffic) return undefined;
  const view = await viewShare(ports, traffic.route, signal);
  const obstacle = (why: string): Unmet => ({ probe: `traffic of ${routeName(traffic.route)}`, tolerance: limitOf(traffic.maxShare), why });
  if (traffic.set === undefined || view.share === undefined) {
    const why = fenceRefusal(traffic, view);
    return { fence: view, unmet: why === undefined ? [] : [obstacle(why)] };
  }
  const { targets, protected: kept } = await discover(fenceTarget(traffic), site, ports, signal);
  const [target] = targets;
  if (target) return { fence: { ...view, target }, unmet: [] };
  return { fence: view, unmet: [obstacle(`it cannot be set: ${routeName(traffic.route)} ${kept[0]?.why ?? 'is not there'}`)] };
}

const limitOf = (maxShare: number): string => `at most ${percent(maxShare)}`;
