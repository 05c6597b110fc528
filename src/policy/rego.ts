import { denialsInAnswer, unanswered, type OutsideSay } from './answer.ts';
import type { Facts } from './facts.ts';

/** The document that a bundle is asked for, as `opa build -e` names it. */
export const ENTRYPOINT = 'breakwater/decision';

/** What a bundle said. `problem`: why it said nothing that counts. */
export type RegoAnswer = { digest: string } & ({ result: unknown } | { problem: string });

/** Somebody else's rules, compiled from Rego and evaluated here. */
export interface RegoPort {
  /** Where the bundle is. */
  file: string;
  /** Evaluates the bundle as it is now. Never rejects: what cannot be read or evaluated is a problem. */
  ask(input: Facts): Promise<RegoAnswer>;
}

/** What a bundle has against a plan. No answer, and one that is not understood, deny. */
export async function askRego(facts: Facts, { ask, file }: RegoPort): Promise<OutsideSay> {
  const answer = await ask(facts);
  const say = (denials: OutsideSay['denials']): OutsideSay => ({ who: 'rego', identity: answer.digest, denials });
  if ('problem' in answer) return say([unanswered('rego', `the bundle gives no answer: ${answer.problem}`, file)]);
  if (answer.result === undefined) return say([unanswered('rego', `no rule decides: ${ENTRYPOINT} is undefined for this plan`, file)]);
  return say(denialsInAnswer('rego', answer.result, file));
}
