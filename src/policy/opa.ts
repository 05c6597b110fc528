import { denialsInAnswer, unanswered, type OutsideSay } from './answer.ts';
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

async function denialsOf(facts: Facts, opa: OpaPort): Promise<Denial[]> {
  try {
    const result = await opa.ask(facts);
    if (result === undefined)
      return [unanswered('opa', 'no rule decides: is the path of BREAKWATER_OPA_URL that of a document?', opa.address)];
    return denialsInAnswer('opa', result, opa.address);
  } catch (error) {
    return [unanswered('opa', `it could not be asked: ${error instanceof Error ? error.message : String(error)}`, opa.address)];
  }
}

/** What an OPA has against a plan. No answer, and one that is not understood, deny. */
export const askOpa = async (facts: Facts, opa: OpaPort): Promise<OutsideSay> => ({
  who: 'opa',
  identity: opa.address,
  denials: await denialsOf(facts, opa),
});
