/** Verbs on a kind of object that something needs of the cluster, as an RBAC rule says it. */
export interface AccessRule {
  /** Empty for the core group. */
  group: string;
  /** With its sub-resource: `pods/exec`. */
  resource: string;
  verbs: readonly string[];
  /** Absent: objects of the cluster, such as nodes, which a namespaced Role cannot grant. */
  namespace?: string;
}

/** One verb of a rule, which can be asked for. */
export interface AccessNeed extends Omit<AccessRule, 'verbs'> {
  verb: string;
}

/** Each verb once, in a stable order. */
export function needsOf(rules: readonly AccessRule[]): AccessNeed[] {
  const needs = rules.flatMap(({ verbs, ...rule }) => verbs.map((verb): AccessNeed => ({ ...rule, verb })));
  const keyed = new Map(needs.map((need) => [[need.namespace ?? '', need.group, need.resource, need.verb].join(' '), need]));
  return [...keyed.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, need]) => need);
}

/** `create pods/exec in namespace payments`. */
export const describeNeed = ({ verb, group, resource, namespace }: AccessNeed): string =>
  `${verb} ${resource}${group === '' ? '' : `.${group}`}${namespace === undefined ? ' of the cluster' : ` in namespace ${namespace}`}`;

/**
 * The Role, or ClusterRole, that grants what is missing: YAML to apply, one document for each namespace.
 * @param name of the Role; applying another of the same name takes away what this one does not grant
 */
export function roleFor(needs: readonly AccessNeed[], name = 'breakwater'): string {
  const byNamespace = new Map<string | undefined, AccessNeed[]>();
  for (const need of needs) byNamespace.set(need.namespace, [...(byNamespace.get(need.namespace) ?? []), need]);
  return [...byNamespace].map(([namespace, some]) => roleDocument(name, namespace, some)).join('---\n');
}

function roleDocument(name: string, namespace: string | undefined, needs: readonly AccessNeed[]): string {
  const rules = new Map<string, AccessNeed[]>();
  for (const need of needs) rules.set(`${need.group} ${need.resource}`, [...(rules.get(`${need.group} ${need.resource}`) ?? []), need]);
  const lines = [...rules.values()].map(
    (same) =>
      `  - apiGroups: [${JSON.stringify(same[0]?.group)}]\n    resources: [${JSON.stringify(same[0]?.resource)}]\n    verbs: ${JSON.stringify(same.map(({ verb }) => verb))}\n`,
  );
  const metadata = `metadata:\n  name: ${name}\n${namespace === undefined ? '' : `  namespace: ${namespace}\n`}`;
  return `apiVersion: rbac.authorization.k8s.io/v1\nkind: ${namespace === undefined ? 'ClusterRole' : 'Role'}\n${metadata}rules:\n${lines.join('')}`;
}
