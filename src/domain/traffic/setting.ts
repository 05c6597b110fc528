import * as z from 'zod';
import { isSame } from '../same.ts';
import { placeOf, weightsFor, type Rule } from './rules.ts';

/** The weights of one rule that names the canary, with the names of its backends: what an undo compares and writes. */
const RuleWeights = z.strictObject({
  section: z.string(),
  backends: z.array(z.string()),
  weights: z.array(z.number().nullable()),
});

/** How a route shares traffic, as far as it may be changed: the weights of the rules that name the canary, or the selector of a Service. */
export const Setting = z.union([
  z.strictObject({ rules: z.array(RuleWeights) }),
  z.strictObject({ selector: z.record(z.string(), z.string()) }),
]);
export type Setting = z.infer<typeof Setting>;

const named = (rules: readonly Rule[]): Rule[] => rules.filter(({ backends }) => backends.some(({ isCanary }) => isCanary));

/** What is set now. Rules that do not name the canary are nobody's concern: others may come and go. */
export const settingOf = (rules: readonly Rule[]): Setting => ({
  rules: named(rules).map(({ section, backends }) => ({
    section,
    backends: backends.map(({ name }) => name),
    weights: backends.map(({ weight }) => weight),
  })),
});

/** What would give the canary a share in every rule that names it, or why that cannot be. */
export function settingFor(rules: readonly Rule[], share: number): Setting | string {
  const now = settingOf(rules);
  if (!('rules' in now) || now.rules.length === 0) return 'no rule names the canary';
  const weights = named(rules).map((rule) => weightsFor(rule, share));
  const why = weights.find((one) => typeof one === 'string');
  if (why !== undefined) return why;
  return { rules: now.rules.map((rule, i) => ({ ...rule, weights: weights[i] as number[] })) };
}

export const isSetting = (a: Setting, b: Setting): boolean => isSame(a, b);

/** In words, to be set again by hand: `rules[0]: web 80, web-canary 20`. */
export const describeSetting = (setting: Setting): string =>
  'selector' in setting
    ? `selector ${JSON.stringify(setting.selector)}`
    : setting.rules
        .map(
          ({ section, backends, weights }) =>
            `${section}: ${backends.map((name, i) => `${name} ${weights[i] ?? 'without weight'}`).join(', ')}`,
        )
        .join('; ');

type Json = Record<string, unknown>;

/**
 * The lists of a route with other weights, and all else in them as it is. Only the lists that are changed.
 * @param backendsIn the field of a rule that holds its backends; absent: the section is a list of backends itself
 * @param rules of this very specification
 * @param setting has the same rules
 */
export function withWeights(spec: Json, rules: readonly Rule[], setting: Extract<Setting, { rules: unknown }>, backendsIn?: string): Json {
  const changed: Record<string, Json[]> = {};
  for (const [i, { section, index }] of named(rules).entries()) {
    const list = (changed[section] ??= structuredClone(spec[section]) as Json[]);
    const backends = index === undefined || backendsIn === undefined ? list : (list[index]?.[backendsIn] as Json[]);
    setting.rules[i]?.weights.forEach((weight, j) => {
      const backend = backends[j];
      if (!backend) throw new Error(`${placeOf({ section, ...(index !== undefined && { index }) })} has no backend ${j}`);
      if (weight === null) delete backend['weight'];
      else backend['weight'] = weight;
    });
  }
  return changed;
}
