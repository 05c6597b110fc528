import * as z from 'zod';
import { nodeTargetId, type NodeIdentity } from '../domain/kubernetes/identity.ts';
import { LabelSelector, meetsLabels, parseLabelSelector } from '../domain/kubernetes/label-selector.ts';
import type { Node } from '../domain/kubernetes/objects.ts';
import { optInRefusal } from '../domain/kubernetes/protection.ts';
import { unreadyNode } from '../domain/kubernetes/unready.ts';
import type { Population, Target } from '../domain/target.ts';
import { defineTarget } from './define.ts';
import { listNodes, nodeCriteria } from './kubernetes-nodes.ts';
import { ObjectNames } from './kubernetes-words.ts';

/** Labels of nodes that the control plane runs on, of today and of before Kubernetes 1.24. */
const CONTROL_PLANE = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

const schema = z
  .strictObject({
    kind: z.literal('node'),
    names: ObjectNames.optional(),
    ...nodeCriteria,
    exclude: z
      .strictObject({ selector: LabelSelector.optional(), names: ObjectNames.optional() })
      .refine(({ selector, names }) => (selector ?? names) !== undefined, 'expected selector or names')
      .optional()
      .describe('a node for which any of these holds is not chosen: { selector, names }'),
  })
  .refine(
    ({ names, selector, zone, taints }) => (names ?? selector ?? zone ?? taints) !== undefined,
    'expected at least one of names, selector, zone and taints: every node would be selected',
  );
type Spec = z.infer<typeof schema>;

/** Nodes, pinned by UID and boot id. */
export const nodeTarget = defineTarget('node', {
  schema,
  doc: {
    summary:
      'Nodes of the cluster. Only those that opted in by the annotation `breakwater.dev/enabled: "true"` on themselves; never those of the control plane. One is ready when its condition Ready is True and it is not cordoned.',
  },
  access: () => [{ group: '', resource: 'nodes', verbs: ['list'] }],
  async discover({ kubernetes }, spec, site, signal) {
    const population: Population = { targets: [], protected: [], unready: [] };
    for (const node of await listNodes(kubernetes, spec, signal)) {
      if (spec.names && !spec.names.includes(node.metadata.name)) continue;
      const [target, why, unready] = [targetOf(node, site), protectionOf(spec, node), unreadyNode(node)];
      if (why !== undefined) population.protected.push({ target, why });
      else population.targets.push(target);
      if (why === undefined && unready !== undefined) population.unready.push({ id: target.id, name: target.name, why: unready });
    }
    return population;
  },
});

function protectionOf({ exclude }: Spec, { metadata: { name, labels, annotations }, status }: Node): string | undefined {
  const role = CONTROL_PLANE.find((label) => label in labels);
  if (role !== undefined) return `is of the control plane (label ${role})`;
  const isSelected = exclude?.selector !== undefined && meetsLabels(parseLabelSelector(exclude.selector), labels);
  if (isSelected || (exclude?.names?.includes(name) ?? false)) return 'excluded by the file';
  if (!status.nodeInfo?.bootID) return 'has not told its boot id, so nothing pins it';
  return optInRefusal([{ what: `node ${name}`, annotations }]);
}

function targetOf({ metadata: { name, uid, labels }, status }: Node, site: string): Target {
  const identity: NodeIdentity = { name, uid, bootId: status.nodeInfo?.bootID ?? '' };
  return { kind: 'node', id: nodeTargetId(identity), site, name, labels: { ...labels, node: name }, identity };
}
