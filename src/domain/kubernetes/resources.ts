/** A kind of object of the Kubernetes API. */
export interface Resource {
  /** Empty for the core group. */
  group: string;
  version: string;
  /** As in a URL: `pods`. */
  plural: string;
}

const core = (plural: string): Resource => ({ group: '', version: 'v1', plural });
const apps = (plural: string): Resource => ({ group: 'apps', version: 'v1', plural });

export const NAMESPACES = core('namespaces');
export const PODS = core('pods');
export const NODES = core('nodes');
export const SERVICES = core('services');
export const EVENTS = core('events');
export const DEPLOYMENTS = apps('deployments');
export const REPLICA_SETS = apps('replicasets');
export const STATEFUL_SETS = apps('statefulsets');
export const DAEMON_SETS = apps('daemonsets');
/** Argo Rollouts, https://argo-rollouts.readthedocs.io. */
export const ROLLOUTS: Resource = { group: 'argoproj.io', version: 'v1alpha1', plural: 'rollouts' };
export const DISRUPTION_BUDGETS: Resource = { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets' };
export const AUTOSCALERS: Resource = { group: 'autoscaling', version: 'v2', plural: 'horizontalpodautoscalers' };
export const ENDPOINT_SLICES: Resource = { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' };
/** Gateway API, https://gateway-api.sigs.k8s.io, and what Linkerd had before it. */
export const HTTP_ROUTES: Resource = { group: 'gateway.networking.k8s.io', version: 'v1', plural: 'httproutes' };
export const LINKERD_HTTP_ROUTES: Resource = { group: 'policy.linkerd.io', version: 'v1beta3', plural: 'httproutes' };
/** Istio; v1 is not served before 1.22, and is the same. */
export const VIRTUAL_SERVICES: Resource = { group: 'networking.istio.io', version: 'v1beta1', plural: 'virtualservices' };
/** Service Mesh Interface, https://smi-spec.io. */
export const TRAFFIC_SPLITS: Resource = { group: 'split.smi-spec.io', version: 'v1alpha2', plural: 'trafficsplits' };

/** One object of the API, or its sub-resource such as `scale`, `status`, `eviction`. */
export interface ObjectRef {
  resource: Resource;
  /** Absent for objects of the cluster, such as nodes. */
  namespace?: string;
  name: string;
  subresource?: string;
}

/** What a person calls an object: `pods/payments/worker-1`. */
export const nameOf = ({ resource, namespace, name, subresource }: ObjectRef): string =>
  [resource.plural, namespace, name, subresource].filter((part) => part !== undefined).join('/');

/** The URL path of a collection. @param namespace absent: all namespaces, or objects of the cluster */
export function collectionPath({ group, version, plural }: Resource, namespace?: string): string {
  const api = group === '' ? `/api/${version}` : `/apis/${encodeURIComponent(group)}/${encodeURIComponent(version)}`;
  return `${api}${namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`}/${encodeURIComponent(plural)}`;
}

/** The URL path of an object. */
export const objectPath = ({ resource, namespace, name, subresource }: ObjectRef): string =>
  `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}${subresource === undefined ? '' : `/${encodeURIComponent(subresource)}`}`;
