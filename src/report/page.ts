import { duration, utc } from './format.ts';
import { Markup, markup } from './markup.ts';
import { STYLE } from './style.ts';

/** What a cell of a table may be. */
export type Cell = Markup | string | number | undefined;

/** Words longer than this may be broken anywhere: a column is never wider than its table can be. */
const LONG_WORD = 14;

const LONG = new Markup(' class="long"');

const isLong = (cell: Cell): boolean => {
  const text = cell instanceof Markup ? cell.text.replace(/<[^>]*>/g, '') : String(cell ?? '');
  return text.split(/[\s-]/).some((word) => word.length > LONG_WORD);
};

/** A table that becomes a list of cards on a phone, unless it is `compact`: few columns of numbers. `none` when it would be empty. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
  none: string,
  shape: 'rows' | 'compact' = 'rows',
): Markup {
  if (rows.length === 0) return markup`<p class="note">${none}</p>`;
  const head = heads.map((title) => markup`<th scope="col">${title}</th>`);
  const cellsOf = (cells: readonly Cell[]): Markup[] =>
    cells.map((cell, i) => markup`<td${isLong(cell) ? LONG : undefined} data-label="${heads[i] ?? ''}"><span>${cell}</span></td>`);
  const body = rows.map((cells) => markup`<tr>${cellsOf(cells)}</tr>\n`);
  return markup`<div class="wide"><table class="${shape}"><thead><tr>${head}</tr></thead><tbody>\n${body}</tbody></table></div>`;
}

/** Name and value, one below the other. */
export const factTable = (facts: readonly (readonly [name: string, value: Cell])[]): Markup =>
  markup`<dl class="facts">${facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>`;

export const time = (ms: number): Markup => markup`<time datetime="${new Date(ms).toISOString()}">${utc(ms)}</time>`;
export const length = (ms: number | undefined): string => (ms === undefined ? '–' : duration(ms));
export const section = (title: string, body: Markup | Markup[]): Markup => markup`<section><h2>${title}</h2>\n${body}</section>\n`;
/** A verdict in its colour; what is no verdict is shown as the text that it is. */
export const verdictChip = (verdict: string): Markup =>
  markup`<span class="verdict ${/^[a-z]{1,14}$/.test(verdict) ? verdict : 'unknown'}">${verdict}</span>`;

/**
 * One file that opens offline: no script, no request (its own policy forbids both). It is well-formed XML too, so that a parser can check it.
 */
export const page = (title: string, body: Markup | Markup[]): string =>
  markup`<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/><meta name="referrer" content="no-referrer"/>
<title>${title}</title><style>${new Markup(STYLE)}</style></head>
<body>${body}</body></html>\n`.text;
