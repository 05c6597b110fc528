import { AnyObject } from '../../domain/kubernetes/objects.ts';
import { KubernetesError, type KubernetesPort } from '../../domain/kubernetes/port.ts';
import { ENDPOINT_SLICES, PODS } from '../../domain/kubernetes/resources.ts';
import { EndpointSlice, SERVICE_NAME, shareOfEndpoints } from '../../domain/traffic/endpoints.ts';
import { fenceRefusal, type Fence, type FenceView } from '../../domain/traffic/fence.ts';
import { whyNotInEffect } from '../../domain/traffic/http-route.ts';
import { canaryName, routeName, selectorOf, type Route } from '../../domain/traffic/route.ts';
import { highestShare, type Share } from '../../domain/traffic/rules.ts';
import { findRoute, rulesOf, type RouteObject } from './route.ts';

type ServiceSubset = Extract<Route, { kind: 'service-subset' }>;
type Labels = Readonly<Record<string, string>>;
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

async function shareOfService(ports: Reads, route: ServiceSubset, signal: AbortSignal): Promise<Share | string> {
  return shareOfEndpoints(await slicesOf(ports, route, signal), await podsWith(ports, route, route.canary, signal));
}

const slicesOf = ({ kubernetes }: Reads, { namespace, name }: ServiceSubset, signal: AbortSignal): Promise<EndpointSlice[]> =>
  kubernetes.list(ENDPOINT_SLICES, { namespace, labelSelector: `${SERVICE_NAME}=${name}` }, EndpointSlice, signal);

/** UIDs of the pods with these labels. */
async function podsWith({ kubernetes }: Reads, { namespace }: ServiceSubset, labels: Labels, signal: AbortSignal): Promise<Set<string>> {
  const pods = await kubernetes.list(PODS, { namespace, labelSelector: selectorOf(labels) }, AnyObject, signal);
  return new Set(pods.map(({ metadata }) => metadata.uid));
}

/**
 * Why a Service must not select by the labels of the others: it would be left without endpoints, or with the canary's.
 * @throws KubernetesError when the API server does not tell
 */
export async function whyNobodyIsLeft(ports: Reads, route: ServiceSubset, signal: AbortSignal): Promise<string | undefined> {
  const labels = route.others ?? {};
  const [slices, others, canaries] = [
    await slicesOf(ports, route, signal),
    await podsWith(ports, route, labels, signal),
    await podsWith(ports, route, route.canary, signal),
  ];
  const left = shareOfEndpoints(slices, others);
  if (typeof left === 'string') return left;
  if ([...canaries].some((uid) => others.has(uid))) return `pods of the canary have ${selectorOf(labels)} too`;
  return left.share === 0 ? `none of its ready endpoints has ${selectorOf(labels)}: nobody would be left to answer` : undefined;
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
