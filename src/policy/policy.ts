import type { Plan } from '../domain/plan.ts';
import type { SiteEnvironments } from '../domain/site-environments.ts';
import { canonicalDigest } from '../language/digest.ts';
import type { OutsideSay } from './answer.ts';
import type { ConstraintTable } from './constraints/define.ts';
import type { Denial, PolicyDecision } from './decision.ts';
import { denialsOf, guardrailDenials, judgeRule } from './evaluate.ts';
import { factsOf, type Facts, type Occasion } from './facts.ts';
import type { PolicySet } from './folder.ts';
import { guardrailsWith } from './guardrails.ts';
import { askOpa, type OpaPort } from './opa.ts';
import { askRego, type RegoPort } from './rego.ts';

/** Denials and names on record: a plan that breaks more rules is denied all the same. */
const MOST_RECORDED = 20;

/** Reads the policies as they are now. Absent: only the guardrails hold. */
export type PolicySource = () => PolicySet | Promise<PolicySet>;

/** The rules of the files, or why there are none to ask. Neither: no files are in force. */
interface Loaded {
  set?: PolicySet;
  unreadable?: Denial;
}

/** What is judged with beside the facts; what is absent says nothing. */
export interface Judges extends Loaded {
  siteEnvironments?: SiteEnvironments;
  /** Somebody else's say. */
  outside?: readonly OutsideSay[];
  /** What the demands of rules mean; another one in tests. */
  table?: ConstraintTable;
}

/**
 * Asks the guardrails and the rules of files, and hears what was said outside. All must allow; what cannot be evaluated denies.
 * @param set absent: only the guardrails are asked
 */
export const decide = (facts: Facts, set?: PolicySet, judges: Omit<Judges, 'set'> = {}): PolicyDecision =>
  judge(facts, { ...judges, ...(set && { set }) });

function judge(facts: Facts, { set, unreadable, siteEnvironments, outside = [], table }: Judges): PolicyDecision {
  const rails = guardrailsWith(siteEnvironments);
  const names = Object.keys(rails);
  const denials = guardrailDenials(facts, rails);
  if (unreadable) denials.push(unreadable);
  const judged = (set?.rules ?? []).map((rule) => judgeRule(rule, facts, table));
  denials.push(...judged.flatMap(denialsOf), ...outside.flatMap((say) => say.denials));
  const applied = [...names, ...judged.filter(({ waves }) => waves.length > 0).map(({ rule }) => rule.name)];
  const files = set?.digest ?? (unreadable ? 'unreadable' : 'none');
  const said = Object.fromEntries(outside.map(({ who, identity }) => [who, identity]));
  return {
    allowed: denials.length === 0,
    policyDigest: canonicalDigest({ guardrails: names, files, ...(siteEnvironments && { siteEnvironments }), ...said }),
    inputDigest: canonicalDigest(facts),
    atMs: facts.atMs,
    ...(set && { fromFiles: set.rules.length }),
    ...(said['rego'] !== undefined && { bundle: said['rego'] }),
    evaluated: names.length + judged.length + outside.length,
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
  siteEnvironments?: SiteEnvironments;
  policies?: PolicySource;
  opa?: OpaPort;
  rego?: RegoPort;
}

/** Asks every layer about a plan, an OPA too. What cannot be read or asked denies. */
export const evaluatePolicy = (plan: Plan, occasion: Occasion, layers?: Layers): Promise<PolicyDecision> =>
  evaluateFacts(factsOf(plan, occasion), layers);

/** Asks every layer about the facts of a plan. */
export async function evaluateFacts(facts: Facts, { siteEnvironments, policies, opa, rego }: Layers = {}): Promise<PolicyDecision> {
  const outside = await Promise.all([...(opa ? [askOpa(facts, opa)] : []), ...(rego ? [askRego(facts, rego)] : [])]);
  return judge(facts, { ...(await load(policies)), ...(siteEnvironments && { siteEnvironments }), outside });
}
