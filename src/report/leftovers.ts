import type { Experiment } from '../domain/experiment/experiment.ts';
import type { Order, Spec } from '../domain/order.ts';
import { resolveWaves } from '../domain/plan.ts';
import { FENCE_KEY, fenceFault } from '../domain/traffic/order.ts';
import type { Target } from '../domain/target.ts';
import { manualUndo } from '../language/manual.ts';
import type { RunEvent, RunRecord } from '../records/ports.ts';
import { readResult } from './result.ts';

/** Something that could not be undone and that nobody has cleared. */
export interface Leftover {
  /** The order's key; of one whose order is not recorded, its sentence. */
  key: string;
  workflowId: string;
  site: string;
  /** The fault and its target, in words. */
  what: string;
  sinceMs: number;
  why: string;
  /** What a person types on the site. */
  manual: string;
}

/** The event by which a person says that it was looked at. Appended, never deleted; with a key it is about that leftover alone. */
export const CLEARED = 'leftover-cleared';

/** They name the route and the share that was ordered. */
const FENCE_EVENTS: ReadonlySet<string> = new Set(['fence-set', 'fence-failed']);

const textOf = (data: Record<string, unknown>, field: string): string => (typeof data[field] === 'string' ? data[field] : '');

/** @param within between the iteration and the target in the order's key */
const orderOf = (run: RunRecord, { wave = '', iteration = 0 }: RunEvent, target: Target, fault: Spec, within = ''): Order => ({
  key: `${run.workflowId}/${wave}/${iteration}/${within}${target.id}`,
  ...{ workflowId: run.workflowId, wave, iteration, target, fault },
  ...{ notAfterMs: 0, epoch: 0, victimsPlanned: 0, leaseMs: 0, survivors: { targets: { kind: target.kind }, atLeast: 0 } },
});

/** Every order that the run may have given: its victims, as they were chosen, with the fault of their wave, and its fences. */
function ordersOf(run: RunRecord, events: readonly RunEvent[]): Order[] {
  const experiment = run.experiment as unknown as Experiment;
  const faultOf = new Map<string, Spec>();
  try {
    for (const { name, fault } of resolveWaves(experiment)) faultOf.set(name, fault);
  } catch {
    return []; // a record of another version: what was left is told without its command
  }
  return events.flatMap((event) => {
    const { kind, wave = '', data } = event;
    if (kind === 'victims-chosen')
      return (Array.isArray(data['victims']) ? (data['victims'] as Target[]) : []).map((target) =>
        orderOf(run, event, target, faultOf.get(wave) ?? { kind: 'unknown' }),
      );
    const { traffic } = experiment;
    if (!FENCE_EVENTS.has(kind) || !traffic || typeof data['target'] !== 'object' || data['target'] === null) return [];
    const fault = { ...fenceFault(traffic, 0), share: data['share'] };
    return [orderOf(run, event, data['target'] as Target, fault, FENCE_KEY)];
  });
}

/** What a run left behind by its own words: `process-pause on NAME: TARGET-ID`. */
function toldByRun(run: RunRecord, orders: readonly Order[], { atMs, wave, data }: RunEvent): Leftover {
  const [what, why] = [textOf(data, 'what'), textOf(data, 'why')];
  const order = orders.find(({ target, wave: name }) => what.endsWith(`: ${target.id}`) && (wave === undefined || wave === name));
  return {
    key: order?.key ?? `${run.workflowId}/${what}`,
    workflowId: run.workflowId,
    site: run.site,
    what,
    sinceMs: atMs,
    why: `the run could not undo it${why === '' ? '' : `: ${why}`}`,
    manual: order ? manualUndo(order) : `# look at it by hand: ${what.replace(/\s+/g, ' ')}`,
  };
}

const toldByJanitor = (run: RunRecord, { atMs, data }: RunEvent): Leftover => ({
  key: textOf(data, 'key'),
  workflowId: run.workflowId,
  site: textOf(data, 'site') || run.site,
  what: `${textOf(data, 'fault')} on ${textOf(data, 'target')}`,
  sinceMs: atMs,
  why: textOf(data, 'why'),
  manual: textOf(data, 'manual'),
});

/** What of a run could not be undone, and was neither undone later nor cleared by a person since. Same records, same answer. */
export function openLeftovers(run: RunRecord, events: readonly RunEvent[]): Leftover[] {
  const orders = ordersOf(run, events);
  const open = new Map<string, Leftover>();
  const add = (leftover: Leftover): void => {
    if (!open.has(leftover.key)) open.set(leftover.key, leftover);
  };
  const lastMs = run.closedAtMs ?? run.startedAtMs;
  const isTold = new Set(events.filter(({ kind }) => kind === 'leftover').map(({ data }) => textOf(data, 'what')));
  // A run whose events did not all reach the records still tells it in its result.
  const untold = readResult(run.result).leftovers.filter((what) => !isTold.has(what));
  const inTime: RunEvent[] = [
    ...events,
    ...untold.map((what): RunEvent => ({ key: what, atMs: lastMs, kind: 'leftover', data: { what } })),
  ].sort((a, b) => a.atMs - b.atMs);
  for (const event of inTime) {
    const { kind, data } = event;
    if (kind === 'leftover') add(toldByRun(run, orders, event));
    else if (kind === 'janitor' && data['outcome'] === 'leftover') add(toldByJanitor(run, event));
    else if (kind === 'janitor' && data['outcome'] === 'undone') open.delete(textOf(data, 'key'));
    else if (kind === CLEARED && textOf(data, 'key') !== '') open.delete(textOf(data, 'key'));
    else if (kind === CLEARED) open.clear();
  }
  return [...open.values()];
}
