import * as z from 'zod';
import { RouteIdentity } from '../domain/kubernetes/identity.ts';
import { FENCE } from '../domain/order.ts';
import { percent } from '../domain/percent.ts';
import { accessToSetRoute, kubectlResource } from '../domain/traffic/resources.ts';
import { Route } from '../domain/traffic/route.ts';
import { Ratio } from '../domain/units.ts';
import { defineFault } from './define.ts';
import { kubectl, remark } from './kubernetes/by-hand.ts';
import { EffectWithin } from './kubernetes/fields.ts';
import { awaitEffect } from './kubernetes/last-checks.ts';
import { injectShare, lostShare, planShare, provenShare, restoreShare, writtenIn } from './kubernetes/set-share.ts';
import { entryOf, notCarriedOut, skipped } from './process/order.ts';

const detailOf = (share: number): string => `give the canary ${percent(share)}`;

/** Gives the canary a share of the traffic. What a traffic fence is set with. */
export const trafficShare = defineFault(FENCE, {
  schema: z.strictObject({
    kind: z.literal(FENCE),
    route: Route.describe('the route that is aimed at, and what its canary is'),
    share: Ratio.refine((share) => share >= 0 && share < 1, 'expected 0% or more and less than 100%').describe(
      'what the canary gets by every rule that names it, rounded down to 0.01%; the others keep their proportions. Of a Service: 0% only',
    ),
    effectWithin: EffectWithin,
  }),
  reversible: true,
  targets: ['route'],
  doc: {
    summary:
      'Sets the share of traffic that a canary gets, by server-side apply of the weights alone. The route or its namespace must have opted in. A fence (`traffic.set`) is made of it; as a fault of its own it shifts load.',
    undo: 'Writes the weights of before and hands the fields back to their owners, if the weights are still those that were set; what somebody else has set meanwhile is left alone, and a person is called.',
    effect:
      'The route has the new weights and gives the canary no more than that; an HTTPRoute’s controller has accepted them; a Service has no ready endpoint of the canary.',
  },
  async inject(ports, { route, share }, order, signal) {
    const { intent } = await ports.journal.read(order.key);
    const planned = intent ? undefined : await planShare(ports, order, route, share, signal);
    const before = typeof planned === 'object' ? JSON.stringify(planned) : (intent?.before ?? 'unknown');
    return ports.journal.once(
      entryOf(order, detailOf(share), before),
      async (earlier) => {
        if (typeof planned === 'string') return skipped(planned);
        const change = earlier ? writtenIn(earlier.before) : planned;
        if (!change) return skipped('an earlier attempt was cut off before it knew the weights');
        return injectShare(ports, order, route, change, earlier !== undefined, signal);
      },
      signal,
    );
  },
  async effect(ports, { route, share, effectWithin }, order, signal) {
    const missing = await notCarriedOut(ports, order);
    if (missing) return missing;
    const change = writtenIn((await ports.journal.read(order.key)).intent?.before);
    if (!change) return { proven: false, evidence: 'the journal does not know what was set' };
    return awaitEffect(order, effectWithin, () => provenShare(ports, order, route, share, change, signal), signal);
  },
  revert: (ports, { route, share }, order, signal) =>
    ports.journal.undo(entryOf(order, detailOf(share), 'unknown'), (record) => restoreShare(ports, order, route, record, signal), signal),
  /** The reaper alone keeps the lease; what is looked at here is whether the share still holds. */
  renew: (ports, { route }, order, signal) => lostShare(ports, order, route, signal),
  manual({ route }, order) {
    const pin = RouteIdentity.safeParse(order.target.identity);
    if (!pin.success) return remark(`look at ${order.target.name} by hand: its record does not pin a route`);
    const resource = kubectlResource(route.kind);
    const { namespace, name, uid } = pin.data;
    return kubectl(
      { resource, name, namespace, uid },
      ['edit', resource, name, '-n', namespace],
      '# write the weights of before: the journal of the site has them',
    );
  },
  access: ({ route }) => accessToSetRoute(route),
});
