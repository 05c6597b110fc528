import * as z from 'zod';
import type { RouteIdentity } from '../../domain/kubernetes/identity.ts';
import { Metadata } from '../../domain/kubernetes/objects.ts';
import type { KubernetesPort } from '../../domain/kubernetes/port.ts';
import { readHttpRoute } from '../../domain/traffic/http-route.ts';
import { ROUTE_RESOURCES, routeRef } from '../../domain/traffic/resources.ts';
import { routeName, type Route } from '../../domain/traffic/route.ts';
import type { Rule } from '../../domain/traffic/rules.ts';
import { settingFor, settingOf, withWeights, type Setting } from '../../domain/traffic/setting.ts';
import { readTrafficSplit } from '../../domain/traffic/traffic-split.ts';
import { readVirtualService } from '../../domain/traffic/virtual-service.ts';
import type { FaultPorts } from '../ports.ts';
import { ManagedField, ownedSections } from './owners.ts';

/** A route as it is now; what it holds beside the rules stays as it was read. */
const RouteObject = z.object({
  metadata: Metadata.extend({ managedFields: z.array(ManagedField).default([]) }),
  spec: z.record(z.string(), z.unknown()),
  status: z.unknown().optional(),
});
export type RouteObject = z.infer<typeof RouteObject>;

/** @returns undefined when there is no such route. @throws KubernetesError when the API server does not tell */
export const findRoute = (
  { kubernetes }: { kubernetes: Pick<KubernetesPort, 'read'> },
  route: Route,
  signal: AbortSignal,
): Promise<RouteObject | undefined> => kubernetes.read(routeRef(route), RouteObject, signal);

/** @returns the pinned route, or why there is none. @throws KubernetesError when the API server does not tell */
export async function readRoute(
  ports: Pick<FaultPorts, 'kubernetes'>,
  route: Route,
  { uid }: Pick<RouteIdentity, 'uid'>,
  signal: AbortSignal,
): Promise<RouteObject | string> {
  const found = await findRoute(ports, route, signal);
  if (!found) return `${routeName(route)} is gone`;
  return found.metadata.uid === uid ? found : `another ${routeName(route)} is there now: uid ${found.metadata.uid}, not ${uid}`;
}

/** The rules of a route with weights, or why they cannot be told. */
export function rulesOf(route: Exclude<Route, { kind: 'service-subset' }>, { spec }: Pick<RouteObject, 'spec'>): Rule[] | string {
  switch (route.kind) {
    case 'http-route':
    case 'linkerd-http-route':
      return readHttpRoute(spec, route.namespace, route.canary);
    case 'virtual-service':
      return readVirtualService(spec, route.namespace, { host: route.canary, subset: route.subset });
    case 'traffic-split':
      return readTrafficSplit(spec, route.canary);
  }
}

const Selector = z.record(z.string(), z.string());

/** How the route shares traffic now, or why that cannot be told. */
export function settingNow(route: Route, object: RouteObject): Setting | string {
  if (route.kind === 'service-subset') {
    const selector = Selector.safeParse(object.spec['selector']);
    return selector.success ? { selector: selector.data } : 'it has no selector: somebody else writes its endpoints';
  }
  const rules = rulesOf(route, object);
  return typeof rules === 'string' ? rules : settingOf(rules);
}

/** What would give the canary a share, or why that cannot be. */
export function settingWith(route: Route, object: RouteObject, share: number): Setting | string {
  if (route.kind === 'service-subset') {
    const now = settingNow(route, object);
    if (typeof now === 'string' || !('selector' in now)) return typeof now === 'string' ? now : 'it has no selector';
    return route.others ? { selector: { ...now.selector, ...route.others } } : 'the file does not say which labels the others have';
  }
  const rules = rulesOf(route, object);
  return typeof rules === 'string' ? rules : settingFor(rules, share);
}

/**
 * Writes a setting by server-side apply, to the route as it was just read: another version of it is refused with 409. The lists of these APIs are atomic, so
 * a list is written whole, with all that others wrote into it; taking it over needs force. Beside it the body holds, as they are, the fields that an
 * apply of ours owns already, of another run: what an apply leaves out of what it owned, the API server takes away.
 * @param object has the rules of the setting
 * @throws KubernetesError
 */
export async function writeSetting(
  { kubernetes }: Pick<FaultPorts, 'kubernetes'>,
  route: Route,
  object: RouteObject,
  setting: Setting,
  signal: AbortSignal,
): Promise<void> {
  const { resource, object: kind, backendsIn } = ROUTE_RESOURCES[route.kind];
  const { group, version } = resource;
  const { name, namespace, uid, resourceVersion } = object.metadata;
  const body = {
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    metadata: { name, namespace, uid, resourceVersion },
    spec: { ...ownedAlready(object, kubernetes.fieldManager), ...partOf(route, object, setting, backendsIn) },
  };
  await kubernetes.patch(routeRef(route), { kind: 'apply', force: true, body }, signal);
}

const ownedAlready = ({ metadata, spec }: RouteObject, us: string): Record<string, unknown> =>
  Object.fromEntries(
    ownedSections(metadata.managedFields, us)
      .filter((section) => section in spec)
      .map((section) => [section, spec[section]]),
  );

function partOf(route: Route, object: RouteObject, setting: Setting, backendsIn: string | undefined): Record<string, unknown> {
  if ('selector' in setting) return { selector: setting.selector };
  const rules = route.kind === 'service-subset' ? [] : rulesOf(route, object);
  if (typeof rules === 'string') throw new Error(`${routeName(route)}: ${rules}`);
  return withWeights(object.spec, rules, setting, backendsIn);
}

/** The fields of the specification that a setting is written to. */
export const sectionsOf = (setting: Setting): string[] =>
  'selector' in setting ? ['selector'] : [...new Set(setting.rules.map(({ section }) => section))];
