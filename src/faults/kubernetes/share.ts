import { AnyObject } from '../../domain/kubernetes/objects.ts';
import { KubernetesError, type KubernetesPort } from '../../domain/kubernetes/port.ts';
import { ENDPOINT_SLICES, PODS } from '../../domain/kubernetes/resources.ts';
import { EndpointSlice, SERVICE_NAME, shareOfEndpoints } from '../../domain/traffic/endpoints.ts';
import { fenceRefusal, type Fence, type FenceView } from '../../domain/traffic/fence.ts';
import { whyNotInEffect } from '../../domain/traffic/http-route.ts';
import { canaryName, routeName, selectorOf, type Route } from '../../domain/traffic/route.ts';
import { highestShare, type Share } from '../../domain/traffic/rules.ts';
import { findRoute, rulesOf, type RouteObject } from './route.ts';

type Reads = { kubernetes: Pick<KubernetesPort, 'read' | 'list'> };

/** What the canary gets of a route that was just read, or why nobody knows. @throws KubernetesError when the API server does not tell */
export async function shareIn(ports: Reads, route: Route, object: RouteObject, signal: AbortSignal): Promise<Share | string> {
  if (route.kind === 'service-subset') return shareOfService(ports, route, signal);
  const rules = rulesOf(route, object);
  if (typeof rules === 'string') return rules;
  const isGateway = route.kind === 'http-route' || route.kind === 'linkerd-http-route';
  const why = isGateway ? whyNotInEffect(object.status, object.metadata.generation) : undefined;
  return why ?? highestShare(rules, canaryName(route));
}

async function shareOfService(
  { kubernetes }: Reads,
  { namespace, name, canary }: Extract<Route, { kind: 'service-subset' }>,
  signal: AbortSignal,
): Promise<Share | string> {
  const slices = await kubernetes.list(ENDPOINT_SLICES, { namespace, labelSelector: `${SERVICE_NAME}=${name}` }, EndpointSlice, signal);
  const pods = await kubernetes.list(PODS, { namespace, labelSelector: selectorOf(canary) }, AnyObject, signal);
  return shareOfEndpoints(slices, new Set(pods.map(({ metadata }) => metadata.uid)));
}

/** Reads what the canary gets now. What cannot be read is said, and never taken for nothing. */
export async function viewShare(ports: Reads, route: Route, signal: AbortSignal): Promise<FenceView> {
  try {
    const object = await findRoute(ports, route, signal);
    if (!object) return { unknown: `there is no ${routeName(route)}` };
    const seen = await shareIn(ports, route, object, signal);
    return typeof seen === 'string' ? { unknown: seen } : seen;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof KubernetesError && (error.status === 0 || error.status >= 500)) throw error; // it may come back: asked again
    return { unknown: error instanceof Error ? error.message : String(error) };
  }
}

/** Why nobody may be hit now because of the canary's traffic; undefined when it is within its cap. What is not known refuses. */
export async function trafficRefusal(
  ports: Reads,
  fence: Pick<Fence, 'route' | 'maxShare'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return fenceRefusal(fence, await viewShare(ports, fence.route, signal));
  } catch (error) {
    signal.throwIfAborted();
    return fenceRefusal(fence, { unknown: error instanceof Error ? error.message : String(error) });
  }
}
