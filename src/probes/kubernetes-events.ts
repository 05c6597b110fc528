import * as z from 'zod';
import { EVENTS } from '../domain/kubernetes/resources.ts';
import { NamespaceName, ObjectName } from '../domain/kubernetes/words.ts';
import { noData, valueOf } from './answer.ts';
import { defineProvider } from './define.ts';

const schema = z.strictObject({
  kind: z.literal('kubernetes-events'),
  namespace: NamespaceName,
  object: z
    .strictObject({ kind: z.string().regex(/^[A-Z][A-Za-z]*$/, 'expected a kind, such as Pod'), name: ObjectName.optional() })
    .optional()
    .describe('{kind: Pod, name: worker-0}: only events about it; without name: about any of the kind'),
  type: z.enum(['Warning', 'Normal']).default('Warning').describe('type of the events'),
  reasons: z
    .array(z.string().regex(/^[A-Za-z][A-Za-z0-9]*$/, 'expected a reason, such as BackOff'))
    .min(1)
    .max(20)
    .optional()
    .describe('only events with one of these reasons: [BackOff, FailedScheduling, Unhealthy]; absent: all'),
});
type Spec = z.infer<typeof schema>;

/** @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
const Event = z.object({
  metadata: z.object({ uid: z.string() }),
  reason: z.string().nullish(),
  count: z.int().nullish(),
  series: z.object({ count: z.int().nullish() }).nullish(),
});
type Event = z.infer<typeof Event>;

/** What the API server can sift out itself; of several reasons it cannot. */
const fieldsOf = ({ type, object, reasons }: Spec): string =>
  [
    `type=${type}`,
    ...(object ? [`involvedObject.kind=${object.kind}`] : []),
    ...(object?.name === undefined ? [] : [`involvedObject.name=${object.name}`]),
    ...(reasons?.length === 1 ? [`reason=${reasons[0]}`] : []),
  ].join(',');

const timesOf = ({ count, series }: Event): number => Math.max(1, count ?? 0, series?.count ?? 0);

/** How often events happened since the call before; undefined in the first. One that repeats keeps its UID and counts up. */
function newSinceLast(): (events: readonly Event[]) => number | undefined {
  let before: Map<string, number> | undefined;
  return (events) => {
    const now = new Map(events.map((event) => [event.metadata.uid, timesOf(event)]));
    const last = before;
    before = now;
    return last && [...now].reduce((sum, [uid, times]) => sum + Math.max(0, times - (last.get(uid) ?? 0)), 0);
  };
}

/** What the cluster's components reported. */
export const kubernetesEvents = defineProvider('kubernetes-events', {
  schema,
  doc: {
    summary: 'Counts events of a namespace that happened since the reading before: one that repeats counts each time.',
    unit: 'events since the last reading',
    noData:
      'The first reading. That nothing happened since is 0; also where the components write none, because nothing tells the two apart.',
  },
  access: ({ namespace }) => [{ group: '', resource: 'events', verbs: ['list'], namespace }],
  open(spec, { kubernetes }) {
    const { namespace, reasons } = spec;
    const fieldSelector = fieldsOf(spec);
    const count = newSinceLast();
    return {
      async measure(signal) {
        const found = await kubernetes.list(EVENTS, { namespace, fieldSelector }, Event, signal);
        const value = count(found.filter(({ reason }) => !reasons || reasons.includes(reason ?? '')));
        return value === undefined ? noData('first reading; the next one gives a value') : valueOf(value);
      },
    };
  },
});
