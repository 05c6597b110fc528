import * as z from 'zod';
import { LabelMap } from '../kubernetes/label-selector.ts';
import { NamespaceName, ObjectName } from '../kubernetes/words.ts';

const where = { namespace: NamespaceName, name: ObjectName };
const service = ObjectName.describe('the Service that is the canary, as the route names it');

/** As Istio names a destination: short, or with its namespace and domain. */
const Host = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, "expected a destination's host, such as web or web.payments.svc.cluster.local");

/**
 * What shares traffic between a canary and the others. One kind for each API that does:
 * Gateway API HTTPRoute, Linkerd's own HTTPRoute, Istio VirtualService, SMI TrafficSplit, and the endpoints of a Service.
 */
export const Route = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('http-route'), ...where, canary: service }),
    z.strictObject({ kind: z.literal('linkerd-http-route'), ...where, canary: service }),
    z.strictObject({
      kind: z.literal('virtual-service'),
      ...where,
      canary: Host.describe('the host of the destination that is the canary'),
      subset: ObjectName.optional().describe('its subset; absent: all of the host'),
    }),
    z.strictObject({ kind: z.literal('traffic-split'), ...where, canary: service }),
    z.strictObject({
      kind: z.literal('service-subset'),
      ...where,
      canary: LabelMap.describe('labels of the pods that are the canary'),
      others: LabelMap.optional().describe('labels of the other pods: with `set: 0%` the Service selects by them too'),
    }),
  ])
  .meta({ id: 'Route' }); // the JSON Schema of the experiment file names it once, however often it is used
export type Route = z.infer<typeof Route>;
export type RouteKind = Route['kind'];
export const ROUTE_KINDS = [
  'http-route',
  'linkerd-http-route',
  'virtual-service',
  'traffic-split',
  'service-subset',
] as const satisfies RouteKind[];

/** What a person calls a route: `http-route payments/web`. */
export const routeName = ({ kind, namespace, name }: Pick<Route, 'kind' | 'namespace' | 'name'>): string => `${kind} ${namespace}/${name}`;

/** What a person calls the canary: `web-canary`, `web (subset canary)`, `track=canary`. */
export function canaryName(route: Route): string {
  if (route.kind === 'service-subset') return selectorOf(route.canary);
  return route.kind === 'virtual-service' && route.subset !== undefined ? `${route.canary} (subset ${route.subset})` : route.canary;
}

/** Labels as a selector takes them. */
export const selectorOf = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
