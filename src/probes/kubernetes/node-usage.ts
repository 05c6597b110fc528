import * as z from 'zod';
import { parseKubernetesQuantity } from '../../domain/kubernetes/quantity.ts';
import type { KubernetesPort } from '../../domain/kubernetes/port.ts';
import { objectPath, NODES, type Resource } from '../../domain/kubernetes/resources.ts';

/** What a node uses, and when that was so. */
export interface NodeUsage {
  /** Cores, bytes; of the disk: the part of it that is not free, 0–1. */
  used: number;
  atMs: number;
}

/** Where usage is read. */
export interface UsageSource {
  name: string;
  /** @throws Error when it cannot be asked. @returns undefined when it knows nothing of that node */
  read(node: string, signal: AbortSignal): Promise<NodeUsage | undefined>;
}

const Amount = z.string().transform((text, context) => {
  const amount = parseKubernetesQuantity(text);
  if (amount !== undefined) return amount;
  context.issues.push({ code: 'custom', input: text, message: 'expected a quantity, such as 250m or 64Mi' });
  return z.NEVER;
});
const Instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** @see https://github.com/kubernetes/metrics/blob/master/pkg/apis/metrics/v1beta1/types.go */
const NODE_METRICS: Resource = { group: 'metrics.k8s.io', version: 'v1beta1', plural: 'nodes' };
const NodeMetrics = z.object({ timestamp: Instant, usage: z.object({ cpu: Amount, memory: Amount }) });

export const metricsApi = (kubernetes: KubernetesPort, metric: 'cpu' | 'memory'): UsageSource => ({
  name: 'metrics.k8s.io',
  async read(node, signal) {
    const found = await kubernetes.read({ resource: NODE_METRICS, name: node }, NodeMetrics, signal);
    return found && { used: found.usage[metric], atMs: found.timestamp };
  },
});

/** @see https://github.com/kubernetes/kubelet/blob/master/pkg/apis/stats/v1alpha1/types.go */
const Summary = z.object({
  node: z.object({
    cpu: z.object({ time: Instant, usageNanoCores: z.number().optional() }).optional(),
    memory: z.object({ time: Instant, workingSetBytes: z.number().optional() }).optional(),
    fs: z.object({ time: Instant, availableBytes: z.number().optional(), capacityBytes: z.number().optional() }).optional(),
  }),
});

function usageOf({ node: { cpu, memory, fs } }: z.infer<typeof Summary>, metric: 'cpu' | 'memory' | 'disk'): NodeUsage | undefined {
  if (metric === 'cpu') return cpu?.usageNanoCores === undefined ? undefined : { used: cpu.usageNanoCores / 1e9, atMs: cpu.time };
  if (metric === 'memory') return memory?.workingSetBytes === undefined ? undefined : { used: memory.workingSetBytes, atMs: memory.time };
  if (fs?.availableBytes === undefined || !fs.capacityBytes) return undefined;
  return { used: 1 - fs.availableBytes / fs.capacityBytes, atMs: fs.time };
}

/** The kubelet's own numbers, through the API server: without those of its pods where the disk is not asked for. */
export const kubeletSummary = (kubernetes: KubernetesPort, metric: 'cpu' | 'memory' | 'disk'): UsageSource => ({
  name: "the kubelet's summary",
  async read(node, signal) {
    const path = objectPath({ resource: NODES, name: node, subresource: 'proxy' });
    const found = await kubernetes.get(`${path}/stats/summary${metric === 'disk' ? '' : '?only_cpu_and_memory=true'}`, Summary, signal);
    return found && usageOf(found, metric);
  },
});
