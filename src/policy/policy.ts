import type { Plan } from '../domain/plan.ts';
import { canonicalDigest } from '../language/digest.ts';
import type { ConstraintTable } from './constraints/define.ts';
import type { Denial, PolicyDecision } from './decision.ts';
import { denialsOf, guardrailDenials, judgeRule } from './evaluate.ts';
import { factsOf, type Facts, type Occasion } from './facts.ts';
import type { PolicySet } from './folder.ts';
import { guardrails } from './guardrails.ts';
import { opaDenials, type OpaPort } from './opa.ts';

/** Denials and names on record: a plan that breaks more rules is denied all the same. */
const MOST_RECORDED = 20;

/** Reads the policies as they are now. Absent: only the guardrails hold. */
export type PolicySource = () => PolicySet | Promise<PolicySet>;

/**
 * Asks the guardrails and the rules of files. All must allow; what cannot be evaluated denies.
 * @param set absent: only the guardrails are asked
 * @param table what the demands of rules mean; another one in tests
 */
export const decide = (facts: Facts, set?: PolicySet, table?: ConstraintTable): PolicyDecision =>
  judge(facts, { ...(set && { set }) }, table);

/** The rules of the files, or why there are none to ask. Neither: no files are in force. */
interface Loaded {
  set?: PolicySet;
  unreadable?: Denial;
}

/** Somebody else's say: who was asked, and what they have against it. */
interface Outside {
  address: string;
  denials: readonly Denial[];
}

function judge(facts: Facts, { set, unreadable }: Loaded, table?: ConstraintTable, outside?: Outside): PolicyDecision {
  const names = Object.keys(guardrails);
  const denials = guardrailDenials(facts);
  if (unreadable) denials.push(unreadable);
  const judged = (set?.rules ?? []).map((rule) => judgeRule(rule, facts, table));
  denials.push(...judged.flatMap(denialsOf), ...(outside?.denials ?? []));
  const applied = [...names, ...judged.filter(({ waves }) => waves.length > 0).map(({ rule }) => rule.name)];
  const files = set?.digest ?? (unreadable ? 'unreadable' : 'none');
  return {
    allowed: denials.length === 0,
    policyDigest: canonicalDigest({ guardrails: names, files, ...(outside && { opa: outside.address }) }),
    inputDigest: canonicalDigest(facts),
    atMs: facts.atMs,
    ...(set && { fromFiles: set.rules.length }),
    evaluated: names.length + judged.length + (outside ? 1 : 0),
    applied: applied.slice(0, MOST_RECORDED),
    denials: denials.slice(0, MOST_RECORDED),
  };
}

async function load(source?: PolicySource): Promise<Loaded> {
  if (!source) return {};
  try {
    return { set: await source() };
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).slice(0, 1_000);
    return {
      unreadable: { rule: 'policy-unreadable', reason: `the policies cannot be read, and what cannot be read allows nothing: ${why}` },
    };
  }
}

/** What is asked beside the guardrails; what is absent is not asked. */
export interface Layers {
  policies?: PolicySource;
  opa?: OpaPort;
}

/** Asks every layer about a plan, an OPA too. What cannot be read or asked denies. */
export const evaluatePolicy = (plan: Plan, occasion: Occasion, layers?: Layers): Promise<PolicyDecision> =>
  evaluateFacts(factsOf(plan, occasion), layers);

/** Asks every layer about the facts of a plan. */
export async function evaluateFacts(facts: Facts, { policies, opa }: Layers = {}): Promise<PolicyDecision> {
  const outside = opa && { address: opa.address, denials: await opaDenials(facts, opa) };
  return judge(facts, await load(policies), undefined, outside);
}
