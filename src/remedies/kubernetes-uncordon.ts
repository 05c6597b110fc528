import * as z from 'zod';
import { Metadata } from '../domain/kubernetes/objects.ts';
import { optInRefusal } from '../domain/kubernetes/protection.ts';
import { NODES } from '../domain/kubernetes/resources.ts';
import { ObjectName } from '../domain/kubernetes/words.ts';
import { defineRemedy } from './define.ts';
import { isConflict } from './kubernetes/workload.ts';

const CordonedNode = z.object({
  metadata: Metadata.extend({
    managedFields: z
      .array(z.object({ manager: z.string().default(''), fieldsV1: z.record(z.string(), z.unknown()).default({}) }))
      .default([]),
  }),
  spec: z.object({ unschedulable: z.boolean().default(false) }).default({ unschedulable: false }),
});
type CordonedNode = z.infer<typeof CordonedNode>;

/** Who last changed whether pods may be put on it: the API server keeps that for each field. */
const wasCordonedBy = ({ metadata }: CordonedNode, manager: string): boolean =>
  metadata.managedFields.some(({ manager: owner, fieldsV1 }) => owner === manager && hasUnschedulable(fieldsV1['f:spec']));

const hasUnschedulable = (fields: unknown): boolean => typeof fields === 'object' && fields !== null && 'f:unschedulable' in fields;

/** Why it may not be touched; undefined when it may: we cordoned it, or the file insists and the node opted in. */
function refusalOf(node: CordonedNode, manager: string, force: boolean): string | undefined {
  if (wasCordonedBy(node, manager)) return undefined;
  const what = `node ${node.metadata.name}`;
  if (!force) return `${what} was cordoned by somebody else, who may have a reason; write force: true to uncordon it all the same`;
  const refusal = optInRefusal([{ what, annotations: node.metadata.annotations }]);
  return refusal && `${what} ${refusal}`;
}

const TRIES = 8;

/** Lets pods be put on a node again. */
export const kubernetesUncordon = defineRemedy('kubernetes-uncordon', {
  schema: z.strictObject({
    kind: z.literal('kubernetes-uncordon'),
    node: ObjectName.describe('name of the node'),
    force: z.boolean().default(false).describe('also when somebody else cordoned it; the node itself must then have opted in'),
  }),
  doc: { summary: 'Uncordons a node that Breakwater cordoned, as the API server’s record of who manages the field says.' },
  access: () => [{ group: '', resource: 'nodes', verbs: ['get', 'patch'] }],
  async apply({ kubernetes }, { node: name, force }, signal) {
    const ref = { resource: NODES, name };
    for (let attempt = 1; ; attempt++) {
      const node = await kubernetes.read(ref, CordonedNode, signal);
      if (!node) throw new Error(`there is no node ${name}`);
      if (!node.spec.unschedulable) return `node ${name} is not cordoned`;
      const refusal = refusalOf(node, kubernetes.fieldManager, force);
      if (refusal !== undefined) throw new Error(refusal);
      const body = { metadata: { uid: node.metadata.uid, resourceVersion: node.metadata.resourceVersion }, spec: { unschedulable: null } };
      try {
        await kubernetes.patch(ref, { kind: 'merge', body }, signal);
        return `uncordoned node ${name}`;
      } catch (error) {
        if (!isConflict(error) || attempt === TRIES) throw error;
      }
    }
  },
});
