import * as z from 'zod';
import { workloadTargetId, type WorkloadIdentity } from '../domain/kubernetes/identity.ts';
import { LabelSelector, meetsLabels, parseLabelSelector } from '../domain/kubernetes/label-selector.ts';
import { Workload } from '../domain/kubernetes/objects.ts';
import { WORKLOADS } from '../domain/kubernetes/owners.ts';
import { namespaceProtection, ownProtection } from '../domain/kubernetes/protection.ts';
import type { Resource } from '../domain/kubernetes/resources.ts';
import { unreadyWorkload } from '../domain/kubernetes/unready.ts';
import type { Population, Target } from '../domain/target.ts';
import { defineTarget } from './define.ts';
import { findConsent } from './kubernetes-consent.ts';
import { NamespaceName, ObjectName, ObjectNames } from './kubernetes-words.ts';

const schema = z
  .strictObject({
    kind: z.literal('workload'),
    namespace: NamespaceName,
    workload: z.enum(['Deployment', 'StatefulSet', 'Rollout']).describe('Rollout: of Argo Rollouts'),
    name: ObjectName.optional(),
    selector: LabelSelector.optional().describe('label selector over the workloads themselves; the API server evaluates it'),
    exclude: z
      .strictObject({ selector: LabelSelector.optional(), names: ObjectNames.optional() })
      .refine(({ selector, names }) => (selector ?? names) !== undefined, 'expected selector or names')
      .optional()
      .describe('a workload for which any of these holds is not chosen: { selector, names }'),
  })
  .refine(({ name, selector }) => (name ?? selector) !== undefined, 'expected name or selector: a namespace alone would select too much');
type Spec = z.infer<typeof schema>;

const resourceOf = ({ workload }: Spec): Resource => WORKLOADS[workload];

/** Deployments, StatefulSets and Argo Rollouts as a whole. */
export const workloadTarget = defineTarget('workload', {
  schema,
  doc: {
    summary:
      'Deployments, StatefulSets or Argo Rollouts of one namespace, as a whole. Only what opted in by the annotation `breakwater.dev/enabled: "true"` on itself or its namespace; protected as pods are. One is ready when all replicas that it asks for are available.',
  },
  access: (spec) => [
    { group: resourceOf(spec).group, resource: resourceOf(spec).plural, verbs: ['list'], namespace: spec.namespace },
    { group: '', resource: 'namespaces', verbs: ['get'], namespace: spec.namespace },
  ],
  async discover({ kubernetes }, spec, site, signal) {
    const { namespace, name, selector } = spec;
    const query = {
      namespace,
      ...(selector !== undefined && { labelSelector: selector }),
      ...(name !== undefined && { fieldSelector: `metadata.name=${name}` }),
    };
    const found = await kubernetes.list(resourceOf(spec), query, Workload, signal);
    const guarded = namespaceProtection(namespace, await kubernetes.protectedNamespaces());
    const reasons = found.map(
      ({ metadata }) => guarded ?? ownProtection(metadata.labels) ?? (isExcluded(spec, metadata) ? 'excluded by the file' : undefined),
    );
    const asked = found.filter((_, i) => reasons[i] === undefined);
    const consent = await findConsent(
      kubernetes,
      namespace,
      asked.map(({ metadata }) => ({ what: `${spec.workload} ${metadata.name}`, annotations: metadata.annotations, belonging: {} })),
      signal,
    );
    const refused = new Map(asked.map((one, i) => [one, consent[i]]));
    return populate(spec, found, (one, i) => reasons[i] ?? refused.get(one), site);
  },
});

function isExcluded({ exclude }: Spec, { name, labels }: Workload['metadata']): boolean {
  const isSelected = exclude?.selector !== undefined && meetsLabels(parseLabelSelector(exclude.selector), labels);
  return isSelected || (exclude?.names?.includes(name) ?? false);
}

function populate(
  spec: Spec,
  found: readonly Workload[],
  protectedWhy: (one: Workload, i: number) => string | undefined,
  site: string,
): Population {
  const population: Population = { targets: [], protected: [], unready: [] };
  found.forEach((one, i) => {
    const [target, why, unready] = [targetOf(spec, one, site), protectedWhy(one, i), unreadyWorkload(one)];
    if (why !== undefined) population.protected.push({ target, why });
    else population.targets.push(target);
    if (why === undefined && unready !== undefined) population.unready.push({ id: target.id, name: target.name, why: unready });
  });
  return population;
}

function targetOf({ workload, namespace }: Spec, { metadata: { name, uid, labels } }: Workload, site: string): Target {
  const identity: WorkloadIdentity = { workload, namespace, name, uid };
  const shown = `${namespace}/${name} (${workload})`;
  return {
    kind: 'workload',
    id: workloadTargetId(identity),
    site,
    name: shown,
    labels: { ...labels, namespace, workload, name },
    identity,
  };
}
