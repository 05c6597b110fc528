/** On a pod, its workload or its namespace: `true` lets Breakwater act on it, `false` keeps it away. */
export const OPT_IN = 'breakwater.dev/enabled';

/** Why nothing in this namespace may be hit, whatever a file says; undefined when that depends on its opt-in. */
export function namespaceProtection(namespace: string, settings: readonly string[]): string | undefined {
  if (/^kube-/.test(namespace)) return `is in namespace ${namespace}, which belongs to Kubernetes`;
  if (settings.includes(namespace)) return `is in namespace ${namespace}, which this site's settings protect`;
  return undefined;
}

/** Annotations of an object, with what a person calls it. */
export interface Annotated {
  what: string;
  annotations: Readonly<Record<string, string>> | undefined;
}

/**
 * Why it did not opt in; undefined when it did. The nearest that says something decides.
 * @param nearestFirst such as the pod, its Deployment, its namespace
 */
export function optInRefusal(nearestFirst: readonly Annotated[]): string | undefined {
  for (const { what, annotations } of nearestFirst) {
    const said = annotations?.[OPT_IN];
    if (said === 'true') return undefined;
    if (said !== undefined) return `has not opted in: annotation ${OPT_IN} of ${what} is '${said}', not 'true'`;
  }
  return `has not opted in: annotate ${nearestFirst.map(({ what }) => what).join(' or ')} with ${OPT_IN}=true`;
}

/** Label of everything that belongs to Breakwater: it never acts on itself. */
const OWN = { label: 'app.kubernetes.io/name', value: 'breakwater' } as const;

/** Why an object must not be hit whatever a file says; undefined when it is not one of our own. */
export const ownProtection = (labels: Readonly<Record<string, string>>): string | undefined =>
  labels[OWN.label] === OWN.value ? `belongs to Breakwater itself (label ${OWN.label}: ${OWN.value})` : undefined;
