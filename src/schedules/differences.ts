/** More differences than this are counted, not listed. */
const MOST_LISTED = 50;
const LONGEST_VALUE = 80;

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function words(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

function* walk(before: unknown, after: unknown, path: string): Generator<string> {
  if (isMapping(before) && isMapping(after)) {
    for (const key of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort())
      yield* walk(before[key], after[key], path === '' ? key : `${path}.${key}`);
  } else if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [i, one] of before.entries()) yield* walk(one, after[i], `${path}[${i}]`);
  } else if (JSON.stringify(before) !== JSON.stringify(after)) yield `${path}: ${words(before)} → ${words(after)}`;
}

/** What differs between two documents, one line for each place: `windows[0].from: "10:00" → "11:00"`. */
export function differences(before: unknown, after: unknown): string[] {
  const all = [...walk(before, after, '')];
  return all.length > MOST_LISTED ? [...all.slice(0, MOST_LISTED), `and ${all.length - MOST_LISTED} more`] : all;
}
