import * as z from 'zod';

type RawIssue = z.core.$ZodRawIssue;

const TYPES: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping (key: value)',
  record: 'a mapping (key: value)',
  array: 'a list',
  tuple: 'a list',
};

const THINGS: Record<string, string> = { string: 'characters', array: 'entries', object: 'entries', set: 'entries' };

function bound(origin: string, limit: unknown, isInclusive: boolean | undefined, side: 'more' | 'less'): string {
  const things = THINGS[origin];
  const count = limit === 1 ? `one ${things === 'entries' ? 'entry' : 'character'}` : `${String(limit)} ${things}`;
  if (things !== undefined) return `expected at ${side === 'more' ? 'least' : 'most'} ${count}`;
  if (isInclusive) return `expected ${String(limit)} or ${side}`;
  return `expected ${side} than ${String(limit)}`;
}

/** The values of an enumeration as a choice: `expected one of auto, approval`. */
export const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? `expected ${String(values[0])}` : `expected one of ${values.map(String).join(', ')}`;

/** The keys that a strict object knows, for the suggestion; none when it is not one. */
const knownKeys = (issue: RawIssue): string[] => {
  const { inst } = issue;
  return inst instanceof z.core.$ZodObject ? Object.keys(inst._zod.def.shape) : [];
};

/**
 * Zod's issues in the words of a person who writes files. Messages that a schema brings itself go before these.
 * An unknown key's message carries the known keys, separated by spaces; a union's without words of its own is empty: `explain` reads both.
 */
export const wordsOf: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'invalid_type') return `expected ${TYPES[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return oneOf(issue.values);
  if (issue.code === 'too_small') return bound(issue.origin, issue.minimum, issue.inclusive, 'more');
  if (issue.code === 'too_big') return bound(issue.origin, issue.maximum, issue.inclusive, 'less');
  if (issue.code === 'unrecognized_keys') return knownKeys(issue).join(' ');
  return issue.code === 'invalid_union' ? '' : undefined;
};
