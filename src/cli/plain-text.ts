import { stripVTControlCharacters } from 'node:util';

/**
 * Text from a server, a file or a process name, made harmless for a terminal: no escape sequences, control characters,
 * or characters that turn the direction of what follows. Line ends and tabs become blanks, so that a line stays a line.
 */
export const plainText = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/[\t\n\r\u0085\u2028\u2029]+/g, ' ')
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');

/** The same over every text of a value, for YAML and tables. JSON escapes control characters by itself. */
export function plainData(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value);
  if (Array.isArray(value)) return value.map(plainData);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [plainText(key), plainData(item)]));
}
