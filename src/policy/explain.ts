import type { SiteEnvironments } from '../domain/site-environments.ts';
import type { OutsideSay } from './answer.ts';
import type { Denial, PolicyDecision } from './decision.ts';
import { guardrailDenials, judgeRule, type RuleJudgement } from './evaluate.ts';
import type { Facts } from './facts.ts';
import type { PolicySet } from './folder.ts';
import { guardrailsWith } from './guardrails.ts';
import { askOpa, type OpaPort } from './opa.ts';
import { decide } from './policy.ts';
import { askRego, type RegoPort } from './rego.ts';

/** What is explained; what is absent is not asked. */
export interface ExplainedWith {
  set?: PolicySet;
  siteEnvironments?: SiteEnvironments;
  rego?: RegoPort;
  opa?: OpaPort;
}

/** A decision with what each rule has to do with it. */
export interface Explained {
  decision: PolicyDecision;
  guardrails: Denial[];
  judged: RuleJudgement[];
  outside: OutsideSay[];
}

/** Says of every rule what it says of the facts, and asks those outside that are given. No answer is a denial that says so. */
export async function explainFacts(facts: Facts, { set, siteEnvironments, rego, opa }: ExplainedWith): Promise<Explained> {
  const outside = await Promise.all([...(opa ? [askOpa(facts, opa)] : []), ...(rego ? [askRego(facts, rego)] : [])]);
  const rails = { ...(siteEnvironments && { siteEnvironments }) };
  return {
    decision: decide(facts, set, { ...rails, outside }),
    guardrails: guardrailDenials(facts, guardrailsWith(siteEnvironments)),
    judged: (set?.rules ?? []).map((rule) => judgeRule(rule, facts)),
    outside,
  };
}

/** The same as data, for programs. */
export const explanationOf = ({ decision, judged, outside }: Omit<Explained, 'guardrails'>) => ({
  ...decision,
  outside,
  rules: judged.map(({ rule, waves, judgements }) => ({
    rule: rule.name,
    file: rule.file,
    waves: waves.map(({ name }) => name),
    judgements: judgements.map(({ constraint, wave, objection }) => ({ constraint, wave: wave.name, holds: !objection, ...objection })),
  })),
});
export type Explanation = ReturnType<typeof explanationOf>;
