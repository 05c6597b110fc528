import * as z from 'zod';
import { isTrue, Pod } from '../domain/kubernetes/objects.ts';
import { PODS } from '../domain/kubernetes/resources.ts';
import { NamespaceName, Selector } from '../domain/kubernetes/words.ts';
import type { Measurement } from '../domain/sample.ts';
import { noData, valueOf } from './answer.ts';
import { defineProvider } from './define.ts';
import { countOomKills, countRestarts, type CountSince } from './kubernetes/restarts.ts';

const schema = z.strictObject({
  kind: z.literal('kubernetes-pods'),
  namespace: NamespaceName,
  selector: Selector.describe('label selector as `kubectl -l` takes it: app=worker,tier in (a,b)'),
  metric: z
    .enum(['ready', 'not-ready', 'running', 'pending', 'terminating', 'restarts', 'restarts-increase', 'oom-kills'])
    .describe(
      'ready, not-ready, running, pending: pods that are neither finished nor being deleted · terminating: pods that are being deleted · restarts: of the containers that there are, falls when a pod is replaced · restarts-increase, oom-kills: seen since the first reading, never fall; a guard that takes over from a lost one begins anew',
    ),
});
type Spec = z.infer<typeof schema>;
type Metric = Spec['metric'];

const isTerminating = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;
const isFinished = ({ status: { phase } }: Pod): boolean => phase === 'Succeeded' || phase === 'Failed';
const isAlive = (pod: Pod): boolean => !isTerminating(pod) && !isFinished(pod);
const isReady = ({ status }: Pod): boolean => isTrue(status.conditions, 'Ready');

const restartsOf = (pods: readonly Pod[]): number =>
  pods.flatMap(({ status }) => status.containerStatuses).reduce((sum, { restartCount }) => sum + restartCount, 0);

/** How a metric is counted; what compares with earlier readings keeps them. */
function counterOf(metric: Metric): CountSince {
  const alive = (counts: (pod: Pod) => boolean) => (pods: readonly Pod[]) => pods.filter((pod) => isAlive(pod) && counts(pod)).length;
  if (metric === 'restarts-increase') return countRestarts();
  if (metric === 'oom-kills') return countOomKills();
  if (metric === 'restarts') return restartsOf;
  if (metric === 'terminating') return (pods) => pods.filter(isTerminating).length;
  if (metric === 'ready') return alive(isReady);
  if (metric === 'not-ready') return alive((pod) => !isReady(pod));
  return alive(({ status: { phase } }) => phase === (metric === 'running' ? 'Running' : 'Pending'));
}

/** Of nobody, these are truly 0. Of the others 0 is good news, and a selector with a mistake in it must not bring any. */
const IS_ZERO_OF_NONE: readonly Metric[] = ['ready', 'running'];
/** These are told of the living: where only dead pods are left, 0 would be good news again. */
const IS_OF_LIVING: readonly Metric[] = ['not-ready', 'pending'];

/** Why there is no value, if there is none. */
function unseen(pods: readonly Pod[], { namespace, selector, metric }: Spec): string | undefined {
  if (IS_ZERO_OF_NONE.includes(metric)) return undefined;
  if (pods.length === 0) return `no pod of namespace ${namespace} matches ${selector}`;
  if (IS_OF_LIVING.includes(metric) && !pods.some(isAlive))
    return `every pod of namespace ${namespace} that matches ${selector} is finished or being deleted`;
  return undefined;
}

/** Pods by their labels, in one list. */
export const kubernetesPods = defineProvider('kubernetes-pods', {
  schema,
  doc: {
    summary: 'Counts pods by their state, and the restarts and OOM kills of their containers.',
    unit: 'pods; restarts, restarts-increase, oom-kills: how many',
    noData:
      'No pod matches, except for ready and running, where that is 0, and for what is counted since the first reading, once a pod has been seen. For not-ready and pending, only pods match that are finished or being deleted. For restarts-increase and oom-kills, the first reading. Restarts between two readings of a pod that is gone at the second are not seen, nor are all but the last OOM kill of a container.',
  },
  access: ({ namespace }) => [{ group: '', resource: 'pods', verbs: ['list'], namespace }],
  open(spec, { kubernetes }) {
    const { namespace, selector, metric } = spec;
    const count = counterOf(metric);
    let wasSeen = false;
    return {
      async measure(signal): Promise<Measurement> {
        const pods = await kubernetes.list(PODS, { namespace, labelSelector: selector }, Pod, signal);
        const value = count(pods);
        if (metric === 'restarts-increase' || metric === 'oom-kills') wasSeen ||= pods.length > 0;
        const why = wasSeen ? undefined : unseen(pods, spec);
        if (why !== undefined) return noData(why);
        return value === undefined ? noData('first reading; the next one gives a value') : valueOf(value);
      },
    };
  },
});
