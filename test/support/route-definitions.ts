type Schema = Record<string, unknown>;

const text: Schema = { type: 'string' };
const any: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const object = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({ type: 'object', properties, ...more });
const list = (items: Schema, more: Schema = {}): Schema => ({ type: 'array', items, ...more });
/** As the published definitions mark each of their lists. */
const atomic = (items: Schema, more: Schema = {}): Schema => list(items, { 'x-kubernetes-list-type': 'atomic', ...more });

const definition = (group: string, version: string, kind: string, plural: string, spec: Schema, status: Schema = any): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `${plural}.${group}`,
    // a name below k8s.io asks for it, and so do the published definitions
    ...(group.endsWith('.k8s.io') && {
      annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/gateway-api/pull/3328' },
    }),
  },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind, plural, singular: kind.toLowerCase() },
    versions: [
      { name: version, served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema: object({ spec, status }) } },
    ],
  },
});

const anyPath = [{ path: { type: 'PathPrefix', value: '/' } }];
const reference = {
  group: { type: 'string', default: '', maxLength: 253 },
  kind: { type: 'string', default: 'Service' },
  name: text,
  namespace: text,
  port: { type: 'integer', format: 'int32', minimum: 1, maximum: 65_535 },
};
const match = object({
  path: object({ type: { type: 'string', default: 'PathPrefix' }, value: { type: 'string', default: '/' } }, { default: anyPath[0]?.path }),
  headers: list(any, {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    items: object({ name: text, value: text }, { required: ['name'] }),
  }),
});
const backend = object(
  { ...reference, weight: { type: 'integer', format: 'int32', default: 1, minimum: 0, maximum: 1_000_000 }, filters: atomic(any) },
  { required: ['name'] },
);
const rule = object({
  name: text,
  matches: atomic(match, { default: anyPath, maxItems: 64 }),
  filters: atomic(any, { maxItems: 16 }),
  backendRefs: atomic(backend, { maxItems: 16 }),
  timeouts: object({ request: text, backendRequest: text }),
});
const httpRouteSpec = object({
  parentRefs: atomic(any, { maxItems: 32 }),
  hostnames: atomic(text, { maxItems: 16 }),
  rules: atomic(rule, { default: [{ matches: anyPath }], maxItems: 16 }),
});
const condition = object(
  {
    type: text,
    status: text,
    reason: text,
    message: text,
    lastTransitionTime: { type: 'string', format: 'date-time' },
    observedGeneration: { type: 'integer', format: 'int64' },
  },
  { required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'] },
);
const httpRouteStatus = object({
  parents: atomic(
    object({
      parentRef: any,
      controllerName: text,
      conditions: list(condition, { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] }),
    }),
  ),
});
const destination = object({ host: text, subset: text, port: object({ number: { type: 'integer' } }) }, { required: ['host'] });
const destinations = list(
  object({ destination, weight: { type: 'integer', format: 'int32' }, headers: any }, { required: ['destination'] }),
);
const virtualServiceSpec = object({
  hosts: list(text),
  gateways: list(text),
  http: list(
    object({
      name: text,
      match: list(any),
      route: destinations,
      timeout: text,
      retries: any,
      mirror: destination,
      delegate: any,
      redirect: any,
    }),
  ),
  tls: list(object({ match: list(any), route: destinations })),
  tcp: list(object({ match: list(any), route: destinations })),
});
const trafficSplitSpec = object(
  { service: text, backends: list(object({ service: text, weight: { type: 'integer' } }, { required: ['service', 'weight'] })) },
  { required: ['service', 'backends'] },
);

/** As much of the published definitions as tells how routes are read and written: fields, defaults, and whether a list is merged or replaced. */
export const routeDefinitions: object[] = [
  definition('gateway.networking.k8s.io', 'v1', 'HTTPRoute', 'httproutes', httpRouteSpec, httpRouteStatus),
  definition('policy.linkerd.io', 'v1beta3', 'HTTPRoute', 'httproutes', httpRouteSpec, httpRouteStatus),
  definition('networking.istio.io', 'v1beta1', 'VirtualService', 'virtualservices', virtualServiceSpec),
  definition('split.smi-spec.io', 'v1alpha2', 'TrafficSplit', 'trafficsplits', trafficSplitSpec),
];
