import { createHash } from 'node:crypto';
import type { Pager } from '../../activities/ports.ts';
import type { SecretsPort } from '../../remedies/ports.ts';
import { mustBeTaken, post } from './post.ts';

export const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';
const [MAX_KEY, MAX_SUMMARY] = [255, 1_024];

const fitting = (key: string): string => (key.length <= MAX_KEY ? key : createHash('sha256').update(key).digest('hex'));
const addressOf = (base: string): string => (new URL(base).pathname === '/' ? new URL('/v2/enqueue', base).href : base);

/**
 * Triggers an alert by PagerDuty's Events API v2; a repeat with the same key is the same alert there.
 * @param keyName the secret that holds the routing key
 * @see https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
 */
export function createPagerDuty(keyName: string, secrets: SecretsPort, base = PAGERDUTY_URL, withinMs?: number): Pager {
  const url = addressOf(base);
  return {
    async page({ dedupKey, summary, source, details }, signal) {
      const event = {
        routing_key: await secrets.get(keyName),
        event_action: 'trigger',
        dedup_key: fitting(dedupKey),
        client: 'Breakwater',
        payload: {
          summary: summary.slice(0, MAX_SUMMARY),
          source,
          severity: 'critical',
          timestamp: new Date().toISOString(),
          component: 'breakwater',
          custom_details: details,
        },
      };
      mustBeTaken(url, await post(url, event, signal, withinMs));
      return { paged: true, evidence: `${new URL(url).host} took the alert ${event.dedup_key}` };
    },
  };
}
