import * as z from 'zod';
import type { Denial } from './decision.ts';
import type { Facts } from './facts.ts';

/** Somebody else's rules, in an Open Policy Agent. */
export interface OpaPort {
  /** Where the document is asked for, without credentials: it is part of the policy's digest. */
  address: string;
  /**
   * Asks for the document of a decision.
   * @returns OPA's `result`; undefined when no rule defines one
   * @throws when there is no answer in time, or none that is one
   */
  ask(input: Facts): Promise<unknown>;
}

const RULE = 'opa';
const Reasons = z.array(z.string().min(1)).max(1_000);
/** What a policy may answer: yes or no, or with reasons. Reasons deny, whatever is said beside them. */
const Answer = z.union([
  z.boolean().transform((allow) => ({ allow, reasons: [] as string[] })),
  z.looseObject({ allow: z.boolean(), reasons: Reasons.default([]) }),
]);

const deny = (reason: string, value: string): Denial => ({ rule: RULE, reason, value: value.slice(0, 300) });

/** What an OPA has against a plan. No answer, and one that is not understood, deny. */
export async function opaDenials(facts: Facts, opa: OpaPort): Promise<Denial[]> {
  try {
    const result = await opa.ask(facts);
    if (result === undefined) return [deny('no rule decides: is the path of BREAKWATER_OPA_URL that of a document?', opa.address)];
    const { success, data } = Answer.safeParse(result);
    if (!success) return [deny('expected true, false or { allow, reasons } as the result', JSON.stringify(result))];
    if (data.reasons.length > 0) return data.reasons.map((reason) => ({ rule: RULE, reason: reason.slice(0, 500) }));
    return data.allow ? [] : [deny('it does not allow the plan, and gives no reason', opa.address)];
  } catch (error) {
    return [deny(`it could not be asked: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500), opa.address)];
  }
}
