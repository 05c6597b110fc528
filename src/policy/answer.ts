import * as z from 'zod';
import type { Denial } from './decision.ts';

/** What somebody else's rules say of a plan. */
export interface OutsideSay {
  /** Which layer: the rule of its denials. */
  who: 'opa' | 'rego';
  /** What tells these rules from others, for the policy's digest: an address, or the digest of a bundle. */
  identity: string;
  denials: Denial[];
}

const Reasons = z.array(z.string().min(1)).max(1_000);
/** What a policy may answer: yes or no, or with reasons. Reasons deny, whatever is said beside them. */
const Answer = z.union([
  z.boolean().transform((allow) => ({ allow, reasons: [] as string[] })),
  z.looseObject({ allow: z.boolean(), reasons: Reasons.default([]) }),
]);

const MOST_REASON = 500;

/** A denial for want of an answer. */
export const unanswered = (rule: OutsideSay['who'], reason: string, value: string): Denial => ({
  rule,
  reason: reason.slice(0, MOST_REASON),
  value: value.slice(0, 300),
});

/** What an answer has against a plan. One that is not understood denies. @param from who gave it, as a person would look for it */
export function denialsInAnswer(rule: OutsideSay['who'], result: unknown, from: string): Denial[] {
  const { success, data } = Answer.safeParse(result);
  if (!success)
    return [unanswered(rule, 'expected true, false or { allow, reasons } as the result', JSON.stringify(result) ?? String(result))];
  if (data.reasons.length > 0) return data.reasons.map((reason) => ({ rule, reason: reason.slice(0, MOST_REASON) }));
  return data.allow ? [] : [unanswered(rule, 'it does not allow the plan, and gives no reason', from)];
}
