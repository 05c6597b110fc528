import * as z from 'zod';
import { WorkloadIdentity, workloadOf } from '../domain/kubernetes/identity.ts';
import { workloadName } from '../domain/kubernetes/words.ts';
import type { Order, Reversal } from '../domain/order.ts';
import { defineFault } from './define.ts';
import { podReads, rule } from './kubernetes/access.ts';
import { remark, kubectl } from './kubernetes/by-hand.ts';
import { EffectWithin } from './kubernetes/fields.ts';
import { awaitEffect, notDone, orUnknown, refusalNow } from './kubernetes/last-checks.ts';
import { deedAfter } from './kubernetes/removal.ts';
import { mayStillLand } from './kubernetes/reversal.ts';
import { readWorkload, scale, scaledBy, workloadRefusal } from './kubernetes/scale.ts';
import type { Deed, FaultPorts, JournalRecord } from './ports.ts';
import { entryOf, injected, leftOver, notCarriedOut, skipped, undone } from './process/order.ts';

const Counts = z.strictObject({ from: z.int(), to: z.int() });
type Counts = z.infer<typeof Counts>;

const countsIn = (before: string | undefined): Counts | undefined => {
  const parsed = before?.startsWith('{') === true ? Counts.safeParse(JSON.parse(before)) : undefined;
  return parsed?.success ? parsed.data : undefined;
};

/** Takes replicas from a workload. */
export const scaleDown = defineFault('scale-down', {
  schema: z
    .strictObject({
      kind: z.literal('scale-down'),
      to: z.int().min(0).optional().describe('how many replicas are left'),
      by: z.int().min(1).optional().describe('how many replicas are taken; none below 0'),
      effectWithin: EffectWithin,
    })
    .refine(({ to, by }) => (to === undefined) !== (by === undefined), 'expected exactly one of to, by'),
  reversible: true,
  targets: ['workload'],
  doc: {
    summary: 'Scales the workload down, through its scale sub-resource. One that an autoscaler manages is refused.',
    undo: 'Restores the replica count of before, if it is still the one that was set; who else has scaled it meanwhile is named, and left alone.',
    effect: 'The workload’s specification has the lower replica count.',
  },
  async inject(ports, { to, by }, order, signal) {
    const pin = workloadOf(order.target);
    const { intent } = await ports.journal.read(order.key);
    const planned = intent ? undefined : await plan(ports, order, to, by, signal);
    const before = typeof planned === 'object' ? JSON.stringify(planned) : (intent?.before ?? 'unknown');
    return ports.journal.once(
      entryOf(order, detailOf(to, by), before),
      async (earlier) => {
        if (typeof planned === 'string') return skipped(planned);
        const counts = earlier ? countsIn(earlier.before) : planned;
        if (!counts) return skipped('an earlier attempt was cut off before it knew the replica count');
        return lower(ports, order, pin, counts, earlier !== undefined, signal);
      },
      signal,
    );
  },
  async effect(ports, { effectWithin }, order, signal) {
    const missing = await notCarriedOut(ports, order);
    if (missing) return missing;
    const counts = countsIn((await ports.journal.read(order.key)).intent?.before);
    const pin = workloadOf(order.target);
    return awaitEffect(
      order,
      effectWithin,
      async () => {
        const now = await readWorkload(ports, pin, signal);
        if (!now || !counts) return { proven: false, evidence: `${workloadName(pin)} is gone, or the journal does not know its count` };
        const evidence = `${workloadName(pin)} has ${now.spec.replicas} replicas in its specification, ${counts.from} before`;
        return { proven: now.spec.replicas === counts.to, evidence };
      },
      signal,
    );
  },
  revert: (ports, { to, by }, order, signal) =>
    ports.journal.undo(entryOf(order, detailOf(to, by), 'unknown'), (record) => restore(ports, order, record, signal), signal),
  manual(_spec, { target }) {
    const pin = WorkloadIdentity.safeParse(target.identity);
    if (!pin.success) return remark(`look at ${target.name} by hand: its record does not pin a workload`);
    const { workload, namespace, name, uid } = pin.data;
    return kubectl(
      { resource: workload.toLowerCase(), name, namespace, uid },
      ['scale', `${workload.toLowerCase()}/${name}`, '-n', namespace],
      '--replicas=$REPLICAS # set REPLICAS first: the journal of the site has the count of before',
    );
  },
  access: (_spec, namespace) => [
    ...podReads(namespace).filter(({ resource }) => ['namespaces', 'deployments', 'statefulsets', 'rollouts'].includes(resource)),
    rule(namespace, 'apps', 'deployments/scale', 'patch'),
    rule(namespace, 'apps', 'statefulsets/scale', 'patch'),
    rule(namespace, 'argoproj.io', 'rollouts/scale', 'patch'),
    rule(namespace, 'autoscaling', 'horizontalpodautoscalers', 'list'),
  ],
});

const detailOf = (to: number | undefined, by: number | undefined): string =>
  to === undefined ? `scale down by ${by}` : `scale down to ${to}`;

/** @returns from what to what, or why not */
async function plan(
  ports: FaultPorts,
  order: Order,
  to: number | undefined,
  by: number | undefined,
  signal: AbortSignal,
): Promise<Counts | string> {
  const pin = workloadOf(order.target);
  let counts: Counts | undefined;
  const why = await orUnknown(async () => {
    const now = await readWorkload(ports, pin, signal);
    if (!now) return `the victim is not there any more: ${workloadName(pin)} is gone, or another has its name`;
    const from = now.spec.replicas;
    counts = { from, to: to ?? Math.max(0, from - (by ?? 0)) };
    return counts.to < from ? undefined : `${workloadName(pin)} has ${from} replicas: ${counts.to} would not be fewer`;
  }, signal);
  return why ?? counts ?? 'the replica count is not known';
}

async function lower(
  ports: FaultPorts,
  order: Order,
  pin: WorkloadIdentity,
  { from, to }: Counts,
  isRepeat: boolean,
  signal: AbortSignal,
): Promise<Deed> {
  if (isRepeat && (await readWorkload(ports, pin, signal))?.spec.replicas === to)
    return injected(Date.now(), `an earlier attempt was cut off, and ${workloadName(pin)} has ${to} replicas`);
  const why = await refusalNow(ports, order, () => workloadRefusal(ports, pin, from, signal), signal);
  if (why !== undefined) return notDone(why, isRepeat);
  const atMs = Date.now();
  try {
    const now = await readWorkload(ports, pin, signal);
    if (now?.spec.replicas !== from) return notDone(`${workloadName(pin)} was scaled meanwhile`, isRepeat);
    await scale(ports, pin, now, to, signal);
    return injected(atMs);
  } catch (error) {
    return deedAfter(error, atMs, isRepeat);
  }
}

async function restore(ports: FaultPorts, order: Order, record: JournalRecord, signal: AbortSignal): Promise<Reversal> {
  const pin = workloadOf(order.target);
  const what = workloadName(pin);
  const counts = countsIn(record.intent?.before);
  if (!record.intent || !counts) return undone('this order was not carried out by this machine');
  if (record.deed?.outcome === 'skipped') return undone(`this order did not scale ${what}: ${record.deed.reason ?? 'skipped'}`);
  const now = await readWorkload(ports, pin, signal);
  if (!now) return undone(`${what} is gone, or another has its name`);
  const { replicas } = now.spec;
  if (replicas === counts.from) {
    const pending = mayStillLand(record);
    return pending === undefined
      ? undone(`${what} has ${replicas} replicas, as before`)
      : leftOver(`${what} has ${replicas} replicas, and ${pending}`);
  }
  if (replicas !== counts.to)
    return undone(`${what} was scaled to ${replicas} ${scaledBy(now)}: neither what it was nor what was set, so it is left alone`);
  await scale(ports, pin, now, counts.from, signal);
  const after = await readWorkload(ports, pin, signal);
  return after?.spec.replicas === counts.from
    ? undone(`${what} has ${counts.from} replicas again`)
    : leftOver(`${what} has ${after?.spec.replicas ?? 'an unknown number of'} replicas after the undo, not ${counts.from}`);
}
