import type { AccessRule } from '../kubernetes/access.ts';
import {
  HTTP_ROUTES,
  LINKERD_HTTP_ROUTES,
  SERVICES,
  TRAFFIC_SPLITS,
  VIRTUAL_SERVICES,
  type ObjectRef,
  type Resource,
} from '../kubernetes/resources.ts';
import type { Route, RouteKind } from './route.ts';

/** How the API knows a kind of route. */
interface RouteResource {
  resource: Resource;
  /** As `kind` of an object. */
  object: string;
  /** The field of a rule that holds its backends; absent: the rule is a list of backends itself, or there are none. */
  backendsIn?: string;
}

export const ROUTE_RESOURCES: Readonly<Record<RouteKind, RouteResource>> = {
  'http-route': { resource: HTTP_ROUTES, object: 'HTTPRoute', backendsIn: 'backendRefs' },
  'linkerd-http-route': { resource: LINKERD_HTTP_ROUTES, object: 'HTTPRoute', backendsIn: 'backendRefs' },
  'virtual-service': { resource: VIRTUAL_SERVICES, object: 'VirtualService', backendsIn: 'route' },
  'traffic-split': { resource: TRAFFIC_SPLITS, object: 'TrafficSplit' },
  'service-subset': { resource: SERVICES, object: 'Service' },
};

export const routeRef = ({ kind, namespace, name }: Pick<Route, 'kind' | 'namespace' | 'name'>): ObjectRef => ({
  resource: ROUTE_RESOURCES[kind].resource,
  namespace,
  name,
});

/** As kubectl names the kind: `httproutes.gateway.networking.k8s.io`. */
export function kubectlResource(kind: RouteKind): string {
  const { group, plural } = ROUTE_RESOURCES[kind].resource;
  return group === '' ? plural : `${plural}.${group}`;
}

const ruleOf = ({ kind, namespace }: Pick<Route, 'kind' | 'namespace'>, verb: string): AccessRule => {
  const { group, plural: resource } = ROUTE_RESOURCES[kind].resource;
  return { group, resource, verbs: [verb], namespace };
};

/** To read what the canary of a route gets. */
export const accessToReadRoute = (route: Pick<Route, 'kind' | 'namespace'>): AccessRule[] => [
  ruleOf(route, 'get'),
  ...(route.kind === 'service-subset'
    ? [
        { group: 'discovery.k8s.io', resource: 'endpointslices', verbs: ['list'], namespace: route.namespace },
        { group: '', resource: 'pods', verbs: ['list'], namespace: route.namespace },
      ]
    : []),
];

/** To change that, where the route or its namespace opted in. */
export const accessToSetRoute = (route: Pick<Route, 'kind' | 'namespace'>): AccessRule[] => [
  ...accessToReadRoute(route),
  ruleOf(route, 'patch'),
  { group: '', resource: 'namespaces', verbs: ['get'], namespace: route.namespace },
];
