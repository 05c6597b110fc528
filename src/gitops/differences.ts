import { isDeepStrictEqual } from 'node:util';
import { formatPath, type Path } from '../language/problem.ts';

/** One place in which two documents differ. What is not there is absent. */
export interface Difference {
  path: string;
  before?: string;
  after?: string;
}

/** More are counted, not told. */
const MOST_TOLD = 30;
const MOST_CHARACTERS = 120;

const told = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
};

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Lists of named things are compared by name, so that one that was put in between changes nothing else. */
function byName(list: unknown[]): Map<string | number, unknown> {
  const names = list.map((item) => (isFields(item) && typeof item['name'] === 'string' ? item['name'] : undefined));
  const isNamed = names.every((name) => name !== undefined) && new Set(names).size === names.length;
  return new Map(list.map((item, i) => [isNamed ? (names[i] ?? i) : i, item]));
}

function partsOf(value: unknown): Map<string | number, unknown> | undefined {
  if (Array.isArray(value)) return byName(value);
  return isFields(value) ? new Map(Object.entries(value)) : undefined;
}

function walk(before: unknown, after: unknown, path: Path, found: Difference[]): void {
  if (isDeepStrictEqual(before, after)) return;
  const [old, fresh] = [partsOf(before), partsOf(after)];
  if (old && fresh && Array.isArray(before) === Array.isArray(after)) {
    const count = found.length;
    for (const key of new Set([...old.keys(), ...fresh.keys()])) walk(old.get(key), fresh.get(key), [...path, key], found);
    // The same named things in another order.
    if (found.length === count)
      found.push({ path: formatPath(path), before: [...old.keys()].join(', '), after: [...fresh.keys()].join(', ') });
    return;
  }
  found.push({
    path: formatPath(path),
    ...(before !== undefined && { before: told(before) }),
    ...(after !== undefined && { after: told(after) }),
  });
}

/** Where two documents differ, in the words of their paths. */
export function differencesOf(before: unknown, after: unknown): Difference[] {
  const found: Difference[] = [];
  walk(before, after, [], found);
  const rest = found.length - MOST_TOLD;
  return rest > 0 ? [...found.slice(0, MOST_TOLD), { path: `and ${rest} more` }] : found;
}
