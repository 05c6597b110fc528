import * as z from 'zod';
import { routeTargetId, type RouteIdentity } from '../domain/kubernetes/identity.ts';
import { AnyObject } from '../domain/kubernetes/objects.ts';
import { namespaceProtection, ownProtection } from '../domain/kubernetes/protection.ts';
import type { Population, Target } from '../domain/target.ts';
import { accessToReadRoute, routeRef } from '../domain/traffic/resources.ts';
import { Route, routeName } from '../domain/traffic/route.ts';
import { defineTarget } from './define.ts';
import { findConsent } from './kubernetes-consent.ts';

/** A route that shares traffic between a canary and the others, pinned by UID. */
export const routeTarget = defineTarget('route', {
  schema: z.strictObject({ kind: z.literal('route'), route: Route.describe('the route, and what its canary is') }),
  doc: {
    summary:
      'One route: Gateway API HTTPRoute, Linkerd HTTPRoute, Istio VirtualService, SMI TrafficSplit, or a Service. To read its shares needs no consent; to be changed it must have opted in by the annotation `breakwater.dev/enabled: "true"` on itself or its namespace.',
  },
  access: ({ route }) => [...accessToReadRoute(route), { group: '', resource: 'namespaces', verbs: ['get'], namespace: route.namespace }],
  async discover({ kubernetes }, { route }, site, signal) {
    const population: Population = { targets: [], protected: [], unready: [] };
    const found = await kubernetes.read(routeRef(route), AnyObject, signal);
    if (!found) return population;
    const { metadata } = found;
    const asked = [{ what: routeName(route), annotations: metadata.annotations, belonging: {} }];
    const guarded = namespaceProtection(route.namespace, await kubernetes.protectedNamespaces()) ?? ownProtection(metadata.labels);
    const why = guarded ?? (await findConsent(kubernetes, route.namespace, asked, signal))[0];
    const target = targetOf(route, metadata.uid, site);
    if (why === undefined) population.targets.push(target);
    else population.protected.push({ target, why });
    return population;
  },
});

function targetOf(route: Route, uid: string, site: string): Target {
  const { kind, namespace, name } = route;
  const identity: RouteIdentity = { route: kind, namespace, name, uid };
  return { kind: 'route', id: routeTargetId(identity), site, name: routeName(route), labels: { namespace, name, route: kind }, identity };
}
