import * as z from 'zod';
import { joinSelectors, LabelSelector } from '../domain/kubernetes/label-selector.ts';
import { Node } from '../domain/kubernetes/objects.ts';
import type { KubernetesPort } from '../domain/kubernetes/port.ts';
import { NODES } from '../domain/kubernetes/resources.ts';

const ZONE = 'topology.kubernetes.io/zone';

/** A taint that a node must have. */
const TaintCriterion = z
  .strictObject({
    key: z.string().min(1),
    value: z.string().optional(),
    effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  })
  .describe('without value or effect, any');

/** Facts of nodes that a file may ask for. All that are given must hold. */
export const nodeCriteria = {
  selector: LabelSelector.optional().describe('label selector over nodes, as kubectl -l takes it'),
  zone: z
    .string()
    .regex(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/, "expected a zone's name, such as eu-central-1a")
    .optional()
    .describe(`value of the label ${ZONE}`),
  taints: z.array(TaintCriterion).min(1).optional().describe('each must be on the node'),
};

const Criteria = z.strictObject(nodeCriteria);
export type NodeCriteria = z.infer<typeof Criteria>;

/** The nodes that pods must be on. */
export const NodesSpec = Criteria.refine(
  (nodes) => Object.values(nodes).some((given) => given !== undefined),
  'expected at least one of selector, zone and taints',
);

const hasTaint = ({ spec }: Node, wanted: z.infer<typeof TaintCriterion>): boolean =>
  spec.taints.some(
    ({ key, value = '', effect }) => key === wanted.key && value === (wanted.value ?? value) && effect === (wanted.effect ?? effect),
  );

/** The nodes with these facts: labels are compared by the API server. @throws KubernetesError */
export async function listNodes(
  kubernetes: KubernetesPort,
  { selector, zone, taints }: NodeCriteria,
  signal: AbortSignal,
): Promise<Node[]> {
  const labelSelector = joinSelectors(zone === undefined ? undefined : { [ZONE]: zone }, selector);
  const nodes = await kubernetes.list(NODES, labelSelector === undefined ? {} : { labelSelector }, Node, signal);
  return nodes.filter((node) => (taints ?? []).every((taint) => hasTaint(node, taint)));
}
