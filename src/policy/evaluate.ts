import type { ReadyRule } from './compile.ts';
import { constraints as standard } from './constraints/index.ts';
import type { Constraint, ConstraintName, ConstraintTable, Objection } from './constraints/define.ts';
import type { Denial } from './decision.ts';
import { judgedWaves, type Facts, type WaveFacts } from './facts.ts';
import { guardrails, type Guardrail } from './guardrails.ts';
import { applies } from './match.ts';

/** What one demand of a rule says of one wave. */
export interface Judgement {
  constraint: ConstraintName;
  wave: WaveFacts;
  objection?: Objection;
}

/** What a rule says of a plan. */
export interface RuleJudgement {
  rule: ReadyRule;
  /** The waves that it is about, of those that are judged. */
  waves: WaveFacts[];
  judgements: Judgement[];
}

function judgeOne<K extends ConstraintName>(table: ConstraintTable, name: K, rule: ReadyRule, facts: Facts, wave: WaveFacts): Judgement {
  const limit = rule.rule[name];
  try {
    const objection = (table[name] as Constraint<K>)(limit as Parameters<Constraint<K>>[0], facts, wave, rule);
    return { constraint: name, wave, ...(objection && { objection }) };
  } catch (error) {
    return { constraint: name, wave, objection: { reason: `could not be evaluated: ${String(error).slice(0, 300)}` } };
  }
}

/** Asks one rule about every wave that is judged. */
export function judgeRule(rule: ReadyRule, facts: Facts, table: ConstraintTable = standard): RuleJudgement {
  const waves = judgedWaves(facts).filter((wave) => applies(rule.rule, facts, wave));
  const demanded = (Object.keys(table) as ConstraintName[]).filter((name) => rule.rule[name] !== undefined);
  return { rule, waves, judgements: demanded.flatMap((name) => waves.map((wave) => judgeOne(table, name, rule, facts, wave))) };
}

/** The denials of a rule: one per demand, with the waves that it is about. */
export function denialsOf({ rule, judgements }: RuleJudgement): Denial[] {
  const denials = new Map<string, Denial & { waves: string[] }>();
  for (const { constraint, wave, objection } of judgements) {
    if (!objection) continue;
    const key = JSON.stringify([constraint, objection]);
    const known = denials.get(key);
    if (known) known.waves = [...new Set([...known.waves, wave.name])];
    else denials.set(key, { rule: rule.name, constraint, ...objection, waves: [wave.name], contact: rule.contact });
  }
  return [...denials.values()];
}

/** Asks the guardrails. One that throws denies. */
export const guardrailDenials = (facts: Facts, rails: Record<string, Guardrail> = guardrails): Denial[] =>
  Object.entries(rails).flatMap(([rule, check]) => {
    try {
      const reason = check(facts);
      return reason === undefined ? [] : [{ rule, reason }];
    } catch (error) {
      return [{ rule, reason: `could not be evaluated: ${String(error)}` }];
    }
  });
