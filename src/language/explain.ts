import type * as z from 'zod';
import type { Path, Problem } from './problem.ts';
import { showValue } from './show.ts';
import { didYouMean, suggest } from './suggest.ts';
import { oneOf } from './words.ts';

type Issue = z.core.$ZodIssue;

/** A problem before it has a place in the file. `at` tells whether the key or the value is wrong. */
export interface Finding extends Omit<Problem, 'file' | 'line' | 'column'> {
  at: 'key' | 'value';
  /** For an unknown key: the known key that was probably meant. */
  meant?: string;
}

/**
 * Translates what zod found wrong.
 * @param issues made with `wordsOf` as error map and `reportInput`
 */
export function explain(issues: readonly Issue[], prefix: Path = []): Finding[] {
  return withoutEchoes(issues.flatMap((issue) => explainOne(issue, [...prefix, ...(issue.path as Path)])));
}

function explainOne(issue: Issue, path: Path): Finding[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, issue.message.split(' ').filter(Boolean), path));
    case 'invalid_key':
      return [{ path, at: 'key', found: showValue(path.at(-1), []), message: issue.issues[0]?.message ?? issue.message }];
    case 'invalid_union':
      return issue.discriminator === undefined ? union(issue, path) : [unknownKind(issue, path)];
    default:
      return [mismatch(issue, path, issue.input)];
  }
}

function mismatch(issue: Issue, path: Path, input: unknown): Finding {
  const hint = typeof input === 'string' ? didYouMean(input, optionsOf(issue)) : undefined;
  const isMissing = input === undefined && issue.code !== 'custom';
  if (isMissing) return { path, at: 'key', message: `missing, ${issue.message}` };
  return { path, at: 'value', ...(input !== undefined && { found: showValue(input, path) }), message: issue.message, ...(hint !== undefined && { hint }) };
}

/** What could have been written instead: an enumeration's values, or the names that a reference may lead to. */
function optionsOf(issue: Issue): string[] {
  const options = issue.code === 'invalid_value' ? issue.values : issue.code === 'custom' ? issue.params?.['options'] : undefined;
  return Array.isArray(options) ? options.map(String) : [];
}

function unknownKey(key: string, known: readonly string[], parent: Path): Finding {
  const path = [...parent, key];
  if (key === '<<') return { path, at: 'key', message: 'merge keys are not read', hint: 'repeat the keys, or refer to the whole value with an alias' };
  const meant = suggest(key, known);
  const hint = meant === undefined ? (known.length > 0 ? `there are ${known.join(', ')}` : undefined) : `did you mean '${meant}'?`;
  return { path, at: 'key', message: 'unknown key', ...(hint !== undefined && { hint }), ...(meant !== undefined && { meant }) };
}

/** A catalogue entry whose kind is missing or not known. */
function unknownKind(issue: z.core.$ZodIssueInvalidUnion, path: Path): Finding {
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
  const written = (issue.input as Record<string, unknown> | undefined)?.[String(path.at(-1))];
  if (written === undefined) return { path, at: 'key', message: `missing, ${oneOf(options)}` };
  const hint = typeof written === 'string' ? didYouMean(written, options) : undefined;
  return { path, at: 'value', found: showValue(written, path), message: oneOf(options), ...(hint !== undefined && { hint }) };
}

const hasShapeTrouble = (branch: readonly Issue[]): boolean =>
  branch.some((issue) => issue.path.length === 0 || (issue.input === undefined && issue.code === 'invalid_type'));

/** Of several shapes, the one that was meant; when that cannot be told, what the union says, or all that it takes. */
function union(issue: z.core.$ZodIssueInvalidUnion, path: Path): Finding[] {
  const fitting = issue.errors.filter((branch) => !hasShapeTrouble(branch));
  const [meant] = fitting;
  if (meant && fitting.length === 1) return explain(meant, path);
  if (issue.message !== '') return [mismatch({ ...issue, message: issue.message }, path, issue.input)];
  const isMapping = issue.input !== null && typeof issue.input === 'object' && !Array.isArray(issue.input);
  const shapes = issue.errors.filter((branch) => !branch.some(({ path: at, code }) => at.length === 0 && code !== 'unrecognized_keys' && code !== 'custom'));
  const [nearest] = isMapping ? shapes.sort((a, b) => a.length - b.length) : [];
  if (nearest && shapes.length === 1) return explain(nearest, path);
  const roots = issue.errors.map((branch) => branch.find(({ path: at }) => at.length === 0)?.message).filter((message) => message !== undefined && message !== '');
  const expected = [...new Set(roots)].map((message, i) => (i === 0 ? message : String(message).replace(/^expected /, ''))).join(', or ');
  return [mismatch({ ...issue, message: expected || 'expected another shape' }, path, issue.input)];
}

/** A misspelt key is one mistake: that the right one is missing need not be said as well. */
function withoutEchoes(findings: Finding[]): Finding[] {
  const key = (path: Path): string => JSON.stringify(path);
  const meant = new Set(findings.flatMap((finding) => (finding.meant === undefined ? [] : [key([...finding.path.slice(0, -1), finding.meant])])));
  return findings.filter(({ path, message }) => !(message.startsWith('missing') && meant.has(key(path))));
}
