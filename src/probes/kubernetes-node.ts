import * as z from 'zod';
import { exactlyOne } from '../domain/experiment/conditions.ts';
import type { AccessRule } from '../domain/kubernetes/access.ts';
import { Metadata, Node } from '../domain/kubernetes/objects.ts';
import type { KubernetesPort } from '../domain/kubernetes/port.ts';
import { parseKubernetesQuantity } from '../domain/kubernetes/quantity.ts';
import { NODES } from '../domain/kubernetes/resources.ts';
import { ObjectName, Selector } from '../domain/kubernetes/words.ts';
import type { Reading } from '../domain/sight.ts';
import { failure, noData, valueOf } from './answer.ts';
import { defineProvider } from './define.ts';
import { countCondition, type NodeCondition } from './kubernetes/node-conditions.ts';
import { kubeletSummary, metricsApi, type UsageSource } from './kubernetes/node-usage.ts';

const schema = z
  .strictObject({
    kind: z.literal('kubernetes-node'),
    node: ObjectName.optional().describe('name of the node'),
    selector: Selector.optional().describe(
      'label selector of nodes as `kubectl -l` takes it: the fullest of them counts, or how many are in the condition',
    ),
    metric: z
      .enum(['cpu', 'memory', 'disk', 'memory-pressure', 'disk-pressure', 'pid-pressure', 'not-ready'])
      .describe(
        'cpu, memory: part of `of` that is used · disk: part of the kubelet’s file system that is not free · the others: nodes in that condition',
      ),
    of: z
      .enum(['allocatable', 'capacity'])
      .default('allocatable')
      .describe('what cpu and memory are a part of; allocatable: what pods may have'),
    source: z
      .enum(['metrics-api', 'kubelet'])
      .optional()
      .describe(
        'metrics-api: metrics.k8s.io, which a metrics server serves; the default of cpu and memory · kubelet: its summary through the API server, for which the verb get on nodes/proxy is needed, and whoever has that can run commands in every pod of the node; what disk needs, for nobody else knows it',
      ),
  })
  .check(exactlyOne(['node', 'selector']))
  .refine(({ metric, source }) => metric !== 'disk' || source !== 'metrics-api', {
    path: ['source'],
    error: 'expected kubelet, or no source: metrics.k8s.io does not tell how full disks are',
  });
type Spec = z.infer<typeof schema>;

const isUsage = (metric: Spec['metric']): metric is 'cpu' | 'memory' | 'disk' =>
  metric === 'cpu' || metric === 'memory' || metric === 'disk';

const Amounts = z.record(z.string(), z.string()).default({});
const SizedNode = Node.extend({
  metadata: Metadata,
  status: Node.shape.status.unwrap().extend({ allocatable: Amounts, capacity: Amounts }),
});
type SizedNode = z.infer<typeof SizedNode>;

/** More are asked for by nobody who samples every second. */
const MOST_NODES = 20;
/** A metrics server looks every 15 to 60 seconds, a kubelet every 10 to 15. */
const USUAL_AGE_MS = 90_000;

async function find({ node, selector }: Spec, kubernetes: KubernetesPort, signal: AbortSignal): Promise<SizedNode[]> {
  if (node === undefined) return kubernetes.list(NODES, { labelSelector: selector ?? '' }, SizedNode, signal);
  const found = await kubernetes.read({ resource: NODES, name: node }, SizedNode, signal);
  return found ? [found] : [];
}

/** The kubelet only where it is asked for, because of what the right to ask it allows. */
const asksKubelet = ({ metric, source }: Spec): boolean => metric === 'disk' || source === 'kubelet';

const sourceOf = (spec: Spec, metric: 'cpu' | 'memory' | 'disk', kubernetes: KubernetesPort): UsageSource =>
  metric === 'disk' || asksKubelet(spec) ? kubeletSummary(kubernetes, metric) : metricsApi(kubernetes, metric);

/** The fullest of the nodes, of the time of the oldest number; none when one of them cannot be told. */
async function usage(nodes: readonly SizedNode[], { metric, of }: Spec, source: UsageSource, signal: AbortSignal): Promise<Reading> {
  if (nodes.length > MOST_NODES) return failure(`${nodes.length} nodes match, at most ${MOST_NODES} may; name more labels`);
  const used = await Promise.all(nodes.map(({ metadata }) => source.read(metadata.name, signal)));
  let [share, atMs] = [0, Infinity];
  for (const [i, { metadata, status }] of nodes.entries()) {
    const found = used[i];
    if (!found) return noData(`${source.name} does not tell the ${metric} of node ${metadata.name}`);
    const size = metric === 'disk' ? 1 : parseKubernetesQuantity(status[of][metric] ?? '');
    if (!size) return noData(`node ${metadata.name} does not tell its ${of} ${metric}`);
    [share, atMs] = [Math.max(share, found.used / size), Math.min(atMs, found.atMs)];
  }
  return { ...valueOf(share), sourceAtMs: atMs, usualAgeMs: USUAL_AGE_MS };
}

function access(spec: Spec): AccessRule[] {
  const nodes = { group: '', resource: 'nodes', verbs: [spec.node === undefined ? 'list' : 'get'] };
  if (!isUsage(spec.metric)) return [nodes];
  const usage = asksKubelet(spec) ? { group: '', resource: 'nodes/proxy' } : { group: 'metrics.k8s.io', resource: 'nodes' };
  return [nodes, { ...usage, verbs: ['get'] }];
}

/** Nodes of the cluster: how full they are, and how they do. */
export const kubernetesNode = defineProvider('kubernetes-node', {
  schema,
  doc: {
    summary: 'Reads how much of a node is in use, or whether it is under pressure or not ready; of several, the fullest, or how many.',
    unit: 'cpu, memory, disk: fractions 0–1; the others: nodes',
    noData:
      'No node matches; one of them does not tell, such as cpu and memory of metrics-api where no metrics server is; pressure of a node that nobody hears from. When a source cannot be asked that is an error, which names it.',
  },
  access,
  open(spec, { kubernetes }) {
    return {
      async measure(signal): Promise<Reading> {
        const nodes = await find(spec, kubernetes, signal);
        if (nodes.length === 0)
          return noData(spec.node === undefined ? `no node matches ${spec.selector}` : `there is no node ${spec.node}`);
        if (!isUsage(spec.metric)) return countCondition(nodes, spec.metric satisfies NodeCondition);
        const source = sourceOf(spec, spec.metric, kubernetes);
        return usage(nodes, spec, source, signal).catch((error: unknown) => {
          signal.throwIfAborted();
          return failure(`${source.name} (${spec.metric}): ${error instanceof Error ? error.message : String(error)}`);
        });
      },
    };
  },
});
