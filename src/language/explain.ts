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
  /** For a mapping in which one of several keys is missing: those keys. */
  oneOf?: readonly string[];
}

/**
 * Translates what zod found wrong.
 * @param issues made with `wordsOf` as error map and `reportInput`
 * @param document as written: what stands in the file is shown, not what it was parsed to
 */
export function explain(issues: readonly Issue[], document: unknown): Finding[] {
  const written = (path: Path): unknown =>
    path.reduce<unknown>((value, part) => (value as Record<string, unknown> | null | undefined)?.[part], document);
  return withoutEchoes(issues.flatMap((issue) => explainOne(issue, issue.path as Path, written)));
}

type Written = (path: Path) => unknown;

function explainOne(issue: Issue, path: Path, written: Written): Finding[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, issue.message.split(' ').filter(Boolean), path));
  if (issue.code === 'invalid_key') return [{ path, at: 'key', message: issue.issues[0]?.message ?? issue.message }];
  if (issue.code !== 'invalid_union') return [mismatch(issue, path, written)];
  return issue.discriminator === undefined ? union(issue, path, written) : [unknownKind(issue, path, written)];
}

const hinted = (hint: string | undefined): { hint?: string } => (hint === undefined ? {} : { hint });

function mismatch(issue: Issue, path: Path, written: Written): Finding {
  const value = written(path);
  const { message } = issue;
  if (issue.code === 'custom')
    return { path, at: 'value', ...foundScalar(value, path), message, ...hintFor(value, issue), ...neededOf(issue) };
  if (value === undefined) return { path, at: 'key', message: `missing, ${message}` };
  return { path, at: 'value', found: showValue(value, path), message, ...hintFor(value, issue) };
}

/** A rule's own words already tell which keys of a mapping it is about. */
const foundScalar = (value: unknown, path: Path): { found?: string } =>
  typeof value === 'object' || value === undefined ? {} : { found: showValue(value, path) };

const hintFor = (value: unknown, issue: Issue) => hinted(typeof value === 'string' ? didYouMean(value, optionsOf(issue)) : undefined);

/** What could have been written instead: an enumeration's values, or the names that a reference may lead to. */
function optionsOf(issue: Issue): string[] {
  const options: unknown = issue.code === 'invalid_value' ? issue.values : issue.code === 'custom' ? issue.params?.['options'] : undefined;
  return Array.isArray(options) && (options.length > 1 || issue.code === 'custom') ? options.map(String) : [];
}

function neededOf(issue: z.core.$ZodIssueCustom): { oneOf?: readonly string[] } {
  const names: unknown = issue.params?.['oneOf'];
  return Array.isArray(names) ? { oneOf: names.map(String) } : {};
}

function unknownKey(key: string, known: readonly string[], parent: Path): Finding {
  const path = [...parent, key];
  if (key === '<<')
    return { path, at: 'key', message: 'merge keys are not read', hint: 'repeat the keys, or refer to the whole value with an alias' };
  const meant = suggest(key, known);
  if (meant !== undefined) return { path, at: 'key', message: 'unknown key', hint: `did you mean '${meant}'?`, meant };
  return { path, at: 'key', message: 'unknown key', ...hinted(known.length > 0 ? `there are ${known.join(', ')}` : undefined) };
}

/** A catalogue entry whose kind is missing or not known. */
function unknownKind(issue: z.core.$ZodIssueInvalidUnion, path: Path, written: Written): Finding {
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
  const value = written(path);
  if (value === undefined) return { path, at: 'key', message: `missing, ${oneOf(options)}` };
  return {
    path,
    at: 'value',
    found: showValue(value, path),
    message: oneOf(options),
    ...hinted(typeof value === 'string' ? didYouMean(value, options) : undefined),
  };
}

/** Whether the value has the shape of this branch, wrong only in what stands inside. */
const hasShape = (branch: readonly Issue[]): boolean =>
  branch.every(({ path, code, input }) => path.length > 0 && !(code === 'invalid_type' && input === undefined));

/** Whether the value is at least of this branch's kind: a mapping for a mapping, a text for a text. */
const hasKind = (branch: readonly Issue[]): boolean =>
  branch.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys' || code === 'custom');

/** Of several shapes, the one that was meant; when that cannot be told, what the union says, or all that it takes. */
function union(issue: z.core.$ZodIssueInvalidUnion, path: Path, written: Written): Finding[] {
  const only = (branches: Issue[][]): Issue[] | undefined => (branches.length === 1 ? branches[0] : undefined);
  const meant = only(issue.errors.filter(hasShape)) ?? (issue.message === '' ? only(issue.errors.filter(hasKind)) : undefined);
  if (meant) return meant.flatMap((inner) => explainOne(inner, [...path, ...(inner.path as Path)], written));
  return [mismatch({ ...issue, message: issue.message || anyOf(issue.errors) }, path, written)];
}

function anyOf(branches: readonly Issue[][]): string {
  const wants = branches.flatMap((branch) => branch.find(({ path, message }) => path.length === 0 && message !== '')?.message ?? []);
  return (
    [...new Set(wants)].map((message, i) => (i === 0 ? message : message.replace(/^expected /, ''))).join(', or ') ||
    'expected something else'
  );
}

/** A misspelt key is one mistake: that the right one is missing need not be said as well. */
function withoutEchoes(findings: Finding[]): Finding[] {
  const keyOf = (path: Path): string => JSON.stringify(path);
  const meant = findings.filter((finding) => finding.meant !== undefined);
  const missing = new Set(meant.map(({ path, meant: name }) => keyOf([...path.slice(0, -1), name ?? ''])));
  const isEcho = ({ path, message, oneOf: names }: Finding): boolean =>
    (message.startsWith('missing') && missing.has(keyOf(path))) || (names ?? []).some((name) => missing.has(keyOf([...path, name])));
  return findings.filter((finding) => !isEcho(finding));
}
