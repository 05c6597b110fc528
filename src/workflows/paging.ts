import { log } from '@temporalio/workflow';
import type { Page, Paging } from '../domain/page.ts';
import type { RunContext } from './context.ts';
import { reasonOf } from './failure.ts';
import { isPatched } from './patches.ts';
import { paging } from './proxies.ts';

/** Calls a person. Never throws: a pager that is out of order must not hide what it was to tell. */
export async function callPerson(page: Page): Promise<Paging> {
  const outcome = await paging(`page: ${page.dedupKey}`)
    .page(page)
    .catch((cause: unknown): Paging => ({ paged: false, evidence: reasonOf(cause) }));
  if (!outcome.paged) log.error('NOBODY WAS PAGED', { ...page, evidence: outcome.evidence });
  return outcome;
}

/** Calls a person for what a run left behind. @returns undefined when nothing was */
export async function pageForLeftovers({ state, whyLeft, chronicle }: RunContext): Promise<Paging | undefined> {
  const { workflowId, leftovers, experiment } = state;
  if (leftovers.length === 0 || !isPatched('page')) return undefined;
  const outcome = await callPerson({
    dedupKey: workflowId,
    summary: `Breakwater left ${leftovers.length === 1 ? 'a fault' : `${leftovers.length} faults`} behind: ${leftovers.join('; ')}`.slice(
      0,
      1_000,
    ),
    source: workflowId,
    details: {
      run: workflowId,
      ...(experiment !== undefined && { experiment }),
      leftovers: leftovers.slice(0, 50).map((what) => ({ what, why: whyLeft.get(what)?.slice(0, 1_000) })),
      next: 'breakwater leftovers tells the command that undoes each by hand',
    },
  });
  if (!outcome.paged) chronicle.add('paging', { ...outcome }); // a page that was taken is recorded by the activity
  return outcome;
}
