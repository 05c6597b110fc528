import measure from 'fast-string-truncated-width';

/** A colour that was cut off before its end would run over the rest of the screen. */
const RESET = '\u001b[0m';
const COLOUR = /(\u001b\[[\d;]*m)/;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Columns that the text takes on a terminal; wide characters take two, escape sequences none. */
export const widthOf = (text: string): number => measure(text).width;

/** Colours whole, everything else character by character as a person sees them. */
const pieces = (text: string): string[] =>
  text.split(COLOUR).flatMap((part) => (COLOUR.test(part) ? [part] : [...graphemes.segment(part)].map(({ segment }) => segment)));

/** The text in at most `columns` columns, with an ellipsis where something is missing. The library's own truncation is off by one after `…`. */
export function fit(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const piece of pieces(text)) {
    width += widthOf(piece);
    if (width > columns - 1) break;
    kept += piece;
  }
  return `${kept}…${COLOUR.test(kept) ? RESET : ''}`;
}

/** Filled with blanks to exactly `columns` columns, or shortened to them. */
export function pad(text: string, columns: number): string {
  const fitted = fit(text, columns);
  return fitted + ' '.repeat(Math.max(0, columns - widthOf(fitted)));
}
