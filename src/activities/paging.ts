import { ApplicationFailure, cancellationSignal, log } from '@temporalio/activity';
import type { Page, Paging } from '../domain/page.ts';
import { isRunId } from '../domain/start.ts';
import { PagerError, type ControlPorts } from './ports.ts';

/** Nobody is called twice within this time for the same trouble, milliseconds. */
const CALLED_HOLDS_MS = 3_600_000;
/** A pager that asks for more patience than this is tried again anyway; a delay of nothing would be taken for no retry at all. */
const [MIN_RETRY_DELAY_MS, MAX_RETRY_DELAY_MS] = [200, 10_000];

const failureOf = (error: unknown): unknown =>
  error instanceof PagerError
    ? ApplicationFailure.create({
        message: error.message,
        type: error.retryable ? 'PagerUnavailable' : 'PagerRefused',
        nonRetryable: !error.retryable,
        ...(error.retryAfterMs !== undefined && {
          nextRetryDelay: Math.min(Math.max(error.retryAfterMs, MIN_RETRY_DELAY_MS), MAX_RETRY_DELAY_MS),
        }),
      })
    : error;

/** Creates the activity that calls a person. */
export const createPaging = ({ records, nowMs, pager }: Pick<ControlPorts, 'records' | 'nowMs' | 'pager'>) => {
  /** Records that do not answer must not keep a person from being called. */
  const calledBefore = async ({ dedupKey }: Page): Promise<boolean> => {
    const events = await records.events(dedupKey).catch(() => []);
    return events.some(({ kind, data, atMs }) => kind === 'paging' && data['paged'] === true && nowMs() - atMs < CALLED_HOLDS_MS);
  };
  const note = async ({ dedupKey }: Page, paging: Paging): Promise<void> => {
    if (!isRunId(dedupKey)) return; // trouble of another kind: whoever calls says on record that a person was called
    const atMs = nowMs();
    await records.appendEvents(dedupKey, [{ key: `paging/${atMs}`, atMs, kind: 'paging', data: { ...paging } }]).catch((cause: unknown) => {
      log.warn('that a person was called could not be recorded', { dedupKey, cause: String(cause) });
    });
  };
  return {
    /**
     * Calls a person. Without a pager nobody is called, and the log says so loudly.
     * @throws ApplicationFailure PagerUnavailable, to be retried; PagerRefused, which no retry heals
     */
    async page(page: Page): Promise<Paging> {
      if (!pager) {
        log.error('NOBODY IS PAGED: no pager is configured (BREAKWATER_PAGER_URL, BREAKWATER_PAGER_KEY)', { ...page });
        return { paged: false, evidence: 'no pager is configured: set BREAKWATER_PAGER_URL or BREAKWATER_PAGER_KEY' };
      }
      if (await calledBefore(page)) return { paged: true, evidence: 'a person was called for this within the last hour' };
      try {
        const paging = await pager.page(page, cancellationSignal());
        if (paging.paged) await note(page, paging);
        return paging;
      } catch (error) {
        throw failureOf(error);
      }
    },
  };
};
