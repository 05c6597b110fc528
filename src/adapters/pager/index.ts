import type { Pager } from '../../activities/ports.ts';
import type { SecretsPort } from '../../remedies/ports.ts';
import { createPagerDuty } from './pagerduty.ts';
import { createWebhook } from './webhook.ts';

/** The pager that the settings name: PagerDuty's contract with a key, plain JSON with only a URL, undefined with neither. */
export function createPager({ url, key }: { url?: string; key?: string }, secrets: SecretsPort): Pager | undefined {
  if (key !== undefined) return createPagerDuty(key, secrets, url);
  return url === undefined ? undefined : createWebhook(url);
}
