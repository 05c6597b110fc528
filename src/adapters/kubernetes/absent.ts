import type { KubernetesPort } from '../../domain/kubernetes/port.ts';

/** The cluster of a site that has none: whatever is asked of it is refused with the remedy. */
export function noCluster(site: string): KubernetesPort {
  const refuse = () =>
    Promise.reject(
      new Error(
        `site ${site} has no cluster: set BREAKWATER_KUBECONFIG of its worker to a kubeconfig file, or to in-cluster, and start it again`,
      ),
    );
  return {
    read: refuse,
    list: refuse,
    remove: refuse,
    patch: refuse,
    create: refuse,
    get: refuse,
    exec: refuse,
    protectedNamespaces: refuse,
    fieldManager: '',
  };
}
