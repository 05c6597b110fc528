import type { SiteLease } from '../activities/leases.ts';
import { describeFate, isOver, type RunFate, type SweepInput, type SweepResult, type SweepRow } from '../domain/sweep.ts';
import { reasonOf } from './failure.ts';
import { callPerson } from './paging.ts';
import { decidePatches, isPatched } from './patches.ts';
import { janitorial, tidying, tidyingUp } from './proxies.ts';

/**
 * Finds leases whose run is over, undoes them and reports them; asks the ledgers to look after their holders. What it cannot undo pages a person.
 * With `act: false` it looks and touches nothing.
 */
export async function janitor(input?: SweepInput): Promise<SweepResult> {
  decidePatches();
  const { sites, act } = await janitorial.planSweep(input);
  const rows = (await Promise.all(sites.map((site) => sweepSite(site, act)))).flat();
  if (!act) return { rows, ledgers: [] };
  const done = rows.filter(({ outcome }) => outcome === 'undone' || outcome === 'leftover');
  if (done.length > 0) await janitorial.recordSweep(done).catch(() => undefined); // the activity has logged it, and the result holds it
  await pageFor(rows.filter(({ outcome }) => outcome === 'leftover'));
  const ledgers = await janitorial.sweepLedgers().catch((cause: unknown) => [{ ledger: 'all', said: reasonOf(cause) }]);
  return { rows, ledgers };
}

async function sweepSite(site: string, act: boolean): Promise<SweepRow[]> {
  let leases: SiteLease[];
  let broken: string[];
  try {
    const asks = tidying(site, `leases of ${site}`);
    [leases, broken] = await Promise.all([asks.listLeases(), isPatched('unreadable-leases') ? asks.listUnreadable() : []]);
  } catch (cause) {
    return [{ site, outcome: 'unreachable', why: reasonOf(cause) }];
  }
  return [...broken.map((why) => ({ site, outcome: 'leftover' as const, why })), ...(await sweepLeases(site, leases, act))];
}

/** A fence keeps the damage of victims small: it is taken back after all of them were tried. */
async function sweepLeases(site: string, leases: SiteLease[], act: boolean): Promise<SweepRow[]> {
  if (leases.length === 0) return [];
  const ids = [...new Set(leases.map(({ order }) => order.workflowId))];
  const fates = await janitorial.tellRuns(ids).catch((): Record<string, RunFate> => ({}));
  const sweepAll = (some: SiteLease[]): Promise<SweepRow[]> =>
    Promise.all(some.map((lease) => sweepLease(site, lease, fates[lease.order.workflowId] ?? 'unknown', act)));
  const isFence = ({ order }: SiteLease): boolean => order.isFence === true;
  const victims = await sweepAll(leases.filter((lease) => !isFence(lease)));
  return [...victims, ...(await sweepAll(leases.filter(isFence)))];
}

async function sweepLease(site: string, { order, armedMs, stuck, manual }: SiteLease, fate: RunFate, act: boolean): Promise<SweepRow> {
  const { key, workflowId, fault, target } = order;
  const lease = { key, workflowId, fault: fault.kind, target: target.name, armedMs, manual };
  const row = { site, lease, fate, ...(stuck !== undefined && { stuck }) };
  if (!isOver(fate)) return { ...row, outcome: 'left', why: describeFate(fate) };
  if (!act) return { ...row, outcome: 'found', why: describeFate(fate) };
  try {
    const { evidence } = await tidyingUp(site, `undo ${fault.kind}: ${target.name}`).revertFault(order);
    await tidying(site, `end the lease on ${target.name}`).releaseLease(key);
    return { ...row, outcome: 'undone', why: `${describeFate(fate)}: ${evidence}` };
  } catch (cause) {
    return { ...row, outcome: 'leftover', why: `${describeFate(fate)}, and it could not be undone: ${reasonOf(cause)}` };
  }
}

/** One page per run, under the same key as the run's own, and one per site for what nobody can read: a person is called once for one trouble. */
async function pageFor(leftovers: readonly SweepRow[]): Promise<void> {
  const ownerOf = ({ site, lease }: SweepRow): string => lease?.workflowId ?? `unreadable.${site}`;
  await Promise.all(
    [...new Set(leftovers.map(ownerOf))].map(async (owner) => {
      const mine = leftovers.filter((row) => ownerOf(row) === owner);
      const what = mine.map(
        ({ site, lease }) => `${lease ? `${lease.fault} on ${lease.target}` : 'an undo record that cannot be read'} at ${site}`,
      );
      await callPerson({
        dedupKey: owner,
        summary: `Breakwater's janitor could not undo ${what.join('; ')}`.slice(0, 1_000),
        source: mine[0]?.site ?? owner,
        details: {
          run: owner,
          leftovers: mine.slice(0, 50).map(({ why, lease }) => ({ target: lease?.target, why, byHand: lease?.manual })),
          next: 'breakwater leftovers lists them all',
        },
      });
    }),
  );
}
