import * as z from 'zod';

/** One requirement of a label selector. `in`, `exists`, `above` and `below` ask for a label that is there; the others hold without it too. */
export interface Requirement {
  key: string;
  must: 'in' | 'not-in' | 'exists' | 'be-absent' | 'above' | 'below';
  values: string[];
}

const NAME = '[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
const KEY = `(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?${NAME}`;
const VALUE = new RegExp(`^(?:${NAME})?$`);
const FORMS: readonly (readonly [RegExp, (found: RegExpExecArray) => Requirement])[] = [
  [new RegExp(`^(${KEY})$`), ([, key = '']) => ({ key, must: 'exists', values: [] })],
  [new RegExp(`^!\\s*(${KEY})$`), ([, key = '']) => ({ key, must: 'be-absent', values: [] })],
  [
    new RegExp(`^(${KEY})\\s*(==?|!=)\\s*(\\S*)$`),
    ([, key = '', how, value = '']) => ({ key, must: how === '!=' ? 'not-in' : 'in', values: [value] }),
  ],
  [
    new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]+)\\)$`),
    ([, key = '', how, all = '']) => ({ key, must: how === 'in' ? 'in' : 'not-in', values: all.split(',').map((value) => value.trim()) }),
  ],
  [
    new RegExp(`^(${KEY})\\s*([<>])\\s*(\\d{1,15})$`),
    ([, key = '', how, value = '']) => ({ key, must: how === '>' ? 'above' : 'below', values: [value] }),
  ],
];

/**
 * Reads a label selector as `kubectl -l` takes it: `app=web,tier in (a,b),!legacy`.
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 * @throws Error naming the part that is none
 */
export function parseLabelSelector(text: string): Requirement[] {
  return text.split(/,(?![^()]*\))/).map((part) => {
    for (const [form, read] of FORMS) {
      const found = form.exec(part.trim());
      const requirement = found && read(found);
      if (requirement?.values.every((value) => VALUE.test(value))) return requirement;
    }
    throw new Error(
      `'${part.trim().slice(0, 80)}' is no requirement of a label selector; write for example app=web, tier in (a,b) or !legacy`,
    );
  });
}

function holds({ key, must, values }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (must === 'be-absent') return value === undefined;
  if (value === undefined) return must === 'not-in';
  if (must === 'exists') return true;
  if (must === 'in' || must === 'not-in') return values.includes(value) === (must === 'in');
  if (!/^-?\d+$/.test(value)) return false;
  return must === 'above' ? Number(value) > Number(values[0]) : Number(value) < Number(values[0]);
}

/** Whether labels meet every requirement, as the API server would say. */
export const meetsLabels = (requirements: readonly Requirement[], labels: Readonly<Record<string, string>>): boolean =>
  requirements.every((requirement) => holds(requirement, labels));

/** Whether anything has to be there: a selector of absences alone would select nearly everything. */
export const asksForPresence = (requirements: readonly Requirement[]): boolean =>
  requirements.some(({ must }) => must !== 'not-in' && must !== 'be-absent');

/** A label selector as a file writes it; it stays a text, because the API server evaluates it. */
export const LabelSelector = z
  .string()
  .max(1_000)
  .superRefine((text, context) => {
    try {
      parseLabelSelector(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    }
  });

/** Labels that must all be there with these values. */
export const LabelMap = z
  .record(z.string().regex(new RegExp(`^${KEY}$`), "expected a label's key"), z.string().regex(VALUE, "expected a label's value"))
  .refine((labels) => Object.keys(labels).length > 0, 'expected at least one label');

/** One selector of several; undefined when there is none. */
export function joinSelectors(labels: Readonly<Record<string, string>> | undefined, ...more: (string | undefined)[]): string | undefined {
  const parts = [...Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`), ...more.filter((one) => one !== undefined)];
  return parts.length === 0 ? undefined : parts.join(',');
}
