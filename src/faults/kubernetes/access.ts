import type { AccessRule } from '../../domain/kubernetes/access.ts';

type Rules = readonly AccessRule[];

const inNamespace = (namespace: string | undefined, rules: readonly Omit<AccessRule, 'namespace'>[]): Rules =>
  rules.map((rule) => ({ ...rule, ...(namespace !== undefined && { namespace }) }));

const OWNER_READS: readonly Omit<AccessRule, 'namespace'>[] = [
  { group: '', resource: 'namespaces', verbs: ['get'] },
  { group: 'apps', resource: 'replicasets', verbs: ['get'] },
  { group: 'apps', resource: 'deployments', verbs: ['get'] },
  { group: 'apps', resource: 'statefulsets', verbs: ['get'] },
  { group: 'apps', resource: 'daemonsets', verbs: ['get'] },
  { group: 'argoproj.io', resource: 'rollouts', verbs: ['get'] },
];

/** To read a pod and whose opt-in counts for it. */
export const podReads = (namespace: string | undefined): Rules =>
  inNamespace(namespace, [{ group: '', resource: 'pods', verbs: ['get'] }, ...OWNER_READS]);

/** To run a program in a container: a web socket is a `get` for API servers before 1.35, and a `create` from then on. */
export const podExec = (namespace: string | undefined, hasDebugImage: boolean): Rules =>
  inNamespace(namespace, [
    { group: '', resource: 'pods/exec', verbs: ['get', 'create'] },
    ...(hasDebugImage ? [{ group: '', resource: 'pods/ephemeralcontainers', verbs: ['patch'] }] : []),
  ]);

export const rule = (namespace: string | undefined, group: string, resource: string, ...verbs: string[]): AccessRule => ({
  group,
  resource,
  verbs,
  ...(namespace !== undefined && { namespace }),
});
