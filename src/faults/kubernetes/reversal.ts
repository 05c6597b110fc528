import type { JournalRecord } from '../ports.ts';

/** An API server that did not answer may carry a change out for so long afterwards: its default time for one request, milliseconds. */
const LANDS_WITHIN_MS = 60_000;

/**
 * Why the cluster's word that nothing was changed does not count yet: a request without an answer may still be carried out.
 * Undefined: it counts.
 */
export function mayStillLand({ intent, deed }: JournalRecord): string | undefined {
  if (!intent || deed?.outcome === 'skipped' || (deed && deed.reason === undefined)) return undefined;
  const leftMs = intent.notAfterMs + LANDS_WITHIN_MS - Date.now(); // until its order expired, an attempt may have sent it
  return leftMs > 0
    ? `a request without an answer may still land: looked at again until ${Math.ceil(leftMs / 1_000)} s from now`
    : undefined;
}
