import { plainText } from './plain-text.ts';
import { pad, widthOf } from './width.ts';

/** Widest column before its text is shortened. */
const WIDEST = 60;

/** Rows under headings, in columns as wide as their content. Everything in it is cleaned. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[], widest = WIDEST): string[] {
  const clean = [headings, ...rows.map((row) => row.map(plainText))];
  const widths = headings.map((_, i) => Math.min(widest, Math.max(...clean.map((row) => widthOf(row[i] ?? '')))));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === row.length - 1 ? cell : pad(cell, widths[i] ?? 0))).join('  ');
  return clean.map((row) => line(row).trimEnd());
}

/** Names and values side by side; what is undefined is left out. */
export function facts(entries: readonly (readonly [string, string | undefined])[]): string[] {
  const known = entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
  const wide = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(wide)}  ${plainText(value)}`);
}
