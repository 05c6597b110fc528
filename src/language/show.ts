import type { Path } from './problem.ts';

const LONGEST = 60;
/** Under such keys a secret may have been written by mistake: the value is never repeated. */
const SECRET_KEY = /secret|passw|token|authori[sz]ation|credential|api-?key|^(headers|connection|body|env|environment-variables)$/i;
const SECRET_URL = /:\/\/[^/\s]*@|[?&](password|token|key|secret|sig)=/i;

const shorten = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

/** Control characters would move the cursor of whoever reads the message. */
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, '·');

const scalar = (value: unknown): string => (typeof value === 'string' ? `'${shorten(printable(value))}'` : shorten(String(value)));

/** What stands in the file, shortened to a glance. Mappings show their keys only, and what may be a secret is not shown at all. */
export function showValue(value: unknown, path: Path): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') return showKeys(Object.keys(value));
  if (typeof value === 'string' && mayBeSecret(value, path)) return 'a text (not shown: it may be a secret)';
  return scalar(value);
}

const mayBeSecret = (text: string, path: Path): boolean =>
  SECRET_URL.test(text) || path.some((part) => typeof part === 'string' && SECRET_KEY.test(part));

const showKeys = (keys: readonly string[]): string =>
  keys.length === 0 ? 'an empty mapping' : `a mapping with ${shorten(printable(keys.join(', ')))}`;
