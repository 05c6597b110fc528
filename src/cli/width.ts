import measure from 'fast-string-truncated-width';

/** Columns that the text takes on a terminal; wide characters take two, escape sequences none. */
export const widthOf = (text: string): number => measure(text).width;

/** A colour that was cut off before its end would run over the rest of the screen. */
const RESET = '\u001b[0m';

/** The text in at most `columns` columns, with an ellipsis where something is missing. */
export function fit(text: string, columns: number): string {
  const { truncated, ellipsed, index } = measure(text, { limit: Math.max(1, columns), ellipsis: '…' });
  if (!truncated) return text;
  const kept = text.slice(0, index);
  return `${kept}${ellipsed ? '…' : ''}${kept.includes('\u001b') ? RESET : ''}`;
}

/** Filled with blanks to exactly `columns` columns, or shortened to them. */
export function pad(text: string, columns: number): string {
  const fitted = fit(text, columns);
  return fitted + ' '.repeat(Math.max(0, columns - widthOf(fitted)));
}
