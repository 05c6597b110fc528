import type { SiteEnvironments } from '../domain/site-environments.ts';
import type { OutsideSay } from './answer.ts';
import type { Denial, PolicyDecision } from './decision.ts';
import { guardrailDenials, judgeRule, type RuleJudgement } from './evaluate.ts';
import type { Facts } from './facts.ts';
import type { PolicySet } from './folder.ts';
import { guardrailsWith } from './guardrails.ts';
import { decide } from './policy.ts';
import { askRego, type RegoPort } from './rego.ts';

/** What is explained; what is absent is not asked. */
export interface ExplainedWith {
  set?: PolicySet;
  siteEnvironments?: SiteEnvironments;
  rego?: RegoPort;
}

/** A decision with what each rule has to do with it. */
export interface Explained {
  decision: PolicyDecision;
  guardrails: Denial[];
  judged: RuleJudgement[];
  outside: OutsideSay[];
}

/** Says of every rule what it says of the facts. A running OPA is not asked: who may reach it is for workers. */
export async function explainFacts(facts: Facts, { set, siteEnvironments, rego }: ExplainedWith): Promise<Explained> {
  const outside = rego ? [await askRego(facts, rego)] : [];
  const rails = { ...(siteEnvironments && { siteEnvironments }) };
  return {
    decision: decide(facts, set, { ...rails, outside }),
    guardrails: guardrailDenials(facts, guardrailsWith(siteEnvironments)),
    judged: (set?.rules ?? []).map((rule) => judgeRule(rule, facts)),
    outside,
  };
}

/** The same as data, for programs. */
export const explanationOf = ({ decision, judged }: Pick<Explained, 'decision' | 'judged'>) => ({
  ...decision,
  rules: judged.map(({ rule, waves, judgements }) => ({
    rule: rule.name,
    file: rule.file,
    waves: waves.map(({ name }) => name),
    judgements: judgements.map(({ constraint, wave, objection }) => ({ constraint, wave: wave.name, holds: !objection, ...objection })),
  })),
});
export type Explanation = ReturnType<typeof explanationOf>;
