import * as z from 'zod';
import { routeOf, type RouteIdentity } from '../../domain/kubernetes/identity.ts';
import { KubernetesError } from '../../domain/kubernetes/port.ts';
import type { Effect, Order, Reversal } from '../../domain/order.ts';
import { percent } from '../../domain/percent.ts';
import { kubectlResource, routeRef } from '../../domain/traffic/resources.ts';
import { canaryName, routeName, type Route } from '../../domain/traffic/route.ts';
import { isWithin } from '../../domain/traffic/rules.ts';
import { describeSetting, isSetting, Setting } from '../../domain/traffic/setting.ts';
import type { Deed, FaultPorts, JournalRecord } from '../ports.ts';
import { injected, leftForGood, leftOver, undone } from '../process/order.ts';
import { expiry, notDone, orUnknown, refusalNow } from './last-checks.ts';
import { protectionNow } from './opt-in.ts';
import { FieldOwner, handBack, ownersOf } from './owners.ts';
import { deedAfter } from './removal.ts';
import { mayStillLand } from './reversal.ts';
import { readRoute, sectionsOf, settingNow, settingWith, writeSetting } from './route.ts';
import { shareIn, whyNobodyIsLeft } from './share.ts';

/** A route is written by its controllers too: how often a change is tried that finds it changed meanwhile. */
const TRIES = 5;

/** What an order changes, and whose fields those were: what the journal keeps of before. */
const Change = z.strictObject({ from: Setting, to: Setting, owners: z.array(FieldOwner) });
type Change = z.infer<typeof Change>;

/** Reads what the journal keeps of before; undefined when it is nothing of the kind. */
export function writtenIn(before: string | undefined): Change | undefined {
  const parsed = before?.startsWith('{') === true ? Change.safeParse(JSON.parse(before)) : undefined;
  return parsed?.success ? parsed.data : undefined;
}

/** @throws Error when the order aims at another route than it says how to change */
function pinOf({ target }: Order, route: Route): RouteIdentity {
  const pin = routeOf(target);
  if (pin.route !== route.kind || pin.namespace !== route.namespace || pin.name !== route.name)
    throw new Error(`the order says how ${routeName(route)} is changed, and its target is ${target.name}`);
  return pin;
}

/** Why the route must not be changed now. */
async function routeRefusal(ports: FaultPorts, order: Order, route: Route, signal: AbortSignal): Promise<string | undefined> {
  const now = await readRoute(ports, route, pinOf(order, route), signal);
  if (typeof now === 'string') return `the victim is not there any more: ${now}`;
  if (now.metadata.deletionTimestamp !== undefined) return `the victim is being deleted: ${routeName(route)}`;
  const why = await protectionNow(ports, routeName(route), now.metadata, signal);
  return why === undefined ? undefined : `the victim is protected: it ${why}`;
}

/** @returns from what to what, or why not */
export async function planShare(
  ports: FaultPorts,
  order: Order,
  route: Route,
  share: number,
  signal: AbortSignal,
): Promise<Change | string> {
  let change: Change | undefined;
  const why = await orUnknown(async () => {
    const now = await readRoute(ports, route, pinOf(order, route), signal);
    if (typeof now === 'string') return `the victim is not there any more: ${now}`;
    const [from, to] = [settingNow(route, now), settingWith(route, now, share)];
    if (typeof from === 'string') return `${routeName(route)}: ${from}`;
    if (typeof to === 'string') return `${routeName(route)}: ${to}`;
    const alone = route.kind === 'service-subset' ? await whyNobodyIsLeft(ports, route, signal) : undefined;
    if (alone !== undefined) return `${routeName(route)}: ${alone}`;
    change = { from, to, owners: ownersOf(now.metadata.managedFields, sectionsOf(to), ports.kubernetes.fieldManager) };
    return undefined;
  }, signal);
  return why ?? change ?? 'the weights are not known';
}

/** Writes what was planned, if it is still as it was then. */
export async function injectShare(
  ports: FaultPorts,
  order: Order,
  route: Route,
  change: Change,
  isRepeat: boolean,
  signal: AbortSignal,
): Promise<Deed> {
  const why = await refusalNow(ports, order, () => routeRefusal(ports, order, route, signal), signal);
  if (why !== undefined) return notDone(why, isRepeat);
  const atMs = Date.now();
  try {
    for (let attempt = 1; ; attempt++) {
      const now = await readRoute(ports, route, pinOf(order, route), signal);
      const setting = typeof now === 'string' ? now : settingNow(route, now);
      if (typeof now === 'string') return notDone(now, isRepeat);
      if (typeof setting === 'string') return notDone(`${routeName(route)}: ${setting}`, isRepeat);
      if (isSetting(setting, change.to)) return injected(atMs, isRepeat ? 'an earlier attempt was cut off, and it is set' : undefined);
      if (!isSetting(setting, change.from))
        return notDone(`${routeName(route)} was changed meanwhile: ${describeSetting(setting)}`, isRepeat);
      const late = expiry(order);
      if (late !== undefined) return notDone(late, isRepeat);
      try {
        await writeSetting(ports, route, now, change.to, signal);
        return injected(atMs);
      } catch (error) {
        if (!(error instanceof KubernetesError) || error.status !== 409 || attempt === TRIES) throw error;
      }
    }
  } catch (error) {
    return deedAfter(error, atMs, isRepeat);
  }
}

/** Whether the route has what was set, and the canary gets no more than that. */
export async function provenShare(
  ports: FaultPorts,
  order: Order,
  route: Route,
  share: number,
  { to }: Change,
  signal: AbortSignal,
): Promise<Effect> {
  const what = routeName(route);
  const now = await readRoute(ports, route, pinOf(order, route), signal);
  if (typeof now === 'string') return { proven: false, evidence: now };
  const setting = settingNow(route, now);
  if (typeof setting === 'string' || !isSetting(setting, to))
    return {
      proven: false,
      evidence: `${what} does not have what was set: ${typeof setting === 'string' ? setting : describeSetting(setting)}`,
    };
  const seen = await shareIn(ports, route, now, signal);
  if (typeof seen === 'string') return { proven: false, evidence: `${what}: ${seen}` };
  return { proven: isWithin(seen.share, share), evidence: `${what} gives ${canaryName(route)} ${percent(seen.share)} (${seen.place})` };
}

/** @returns why the share is not held any more; undefined while it is. @throws KubernetesError when nobody knows */
export async function lostShare(ports: FaultPorts, order: Order, route: Route, signal: AbortSignal): Promise<string | undefined> {
  const { intent, deed } = await ports.journal.read(order.key);
  const change = writtenIn(intent?.before);
  if (!change || deed?.outcome !== 'injected') return undefined; // its lease is armed, and nothing is set yet
  const now = await readRoute(ports, route, pinOf(order, route), signal);
  if (typeof now === 'string') return now;
  const setting = settingNow(route, now);
  const isHeld = typeof setting !== 'string' && isSetting(setting, change.to);
  return isHeld
    ? undefined
    : `${routeName(route)} was changed by somebody else: ${typeof setting === 'string' ? setting : describeSetting(setting)}`;
}

/**
 * Puts the weights of before back, if they are still those that were set. Once somebody else has changed them, nothing is written any more, also when
 * they happen to be those that were set again: whose they are then is not known.
 */
export async function restoreShare(
  ports: FaultPorts,
  order: Order,
  route: Route,
  record: JournalRecord,
  signal: AbortSignal,
): Promise<Reversal> {
  const what = routeName(route);
  const change = writtenIn(record.intent?.before);
  if (!record.intent || !change) return undone('this order was not carried out by this machine');
  if (record.deed?.outcome === 'skipped') return undone(`this order did not change ${what}: ${record.deed.reason ?? 'skipped'}`);
  const isGivenUp = record.reversal?.isFinal === true;
  let isLifted = false; // a change that is still on its way carries an older version, and is refused from then on
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const now = await readRoute(ports, route, pinOf(order, route), signal);
    if (typeof now === 'string') return undone(now);
    const setting = settingNow(route, now);
    if (typeof setting !== 'string' && isSetting(setting, change.from)) {
      if (isGivenUp) return undone(`${what} is as before: ${describeSetting(change.from)}, by somebody else`);
      const pending = isLifted || isSetting(change.from, change.to) ? undefined : mayStillLand(record);
      if (pending !== undefined) return leftOver(`${what} has the weights of before, and ${pending}`);
      return undone(await settled(ports, order, route, change, signal));
    }
    if (isGivenUp || typeof setting === 'string' || !isSetting(setting, change.to)) return leftForGood(byHand(route, setting, change));
    try {
      await writeSetting(ports, route, now, change.from, signal);
      isLifted = true;
    } catch (error) {
      if (!(error instanceof KubernetesError) || error.status !== 409) throw error;
    }
  }
  return leftOver(`${what} was changed each time that it was to be restored`);
}

/** The end of an undo: what was written over is its owners' again. */
async function settled(ports: FaultPorts, order: Order, route: Route, { from, to, owners }: Change, signal: AbortSignal): Promise<string> {
  const read = async () => {
    const now = await readRoute(ports, route, pinOf(order, route), signal);
    return typeof now === 'string' ? undefined : now.metadata;
  };
  const left = isSetting(from, to) ? undefined : await handBack(ports, routeRef(route), read, { owners, sections: sectionsOf(to) }, signal);
  return `${routeName(route)} is as before: ${describeSetting(from)}${left === undefined ? '' : `; ${left}`}`;
}

const byHand = (route: Route, now: Setting | string, { from, to }: Change): string =>
  `${routeName(route)} was changed by somebody else, and is left alone: ${typeof now === 'string' ? now : describeSetting(now)}, where ` +
  `${describeSetting(to)} was set; before that it was ${describeSetting(from)}. If that is wanted back: ` +
  `kubectl edit ${kubectlResource(route.kind)} ${route.name} -n ${route.namespace}`;
