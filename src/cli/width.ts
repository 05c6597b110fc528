import measure from 'fast-string-truncated-width';

/** Columns that the text takes on a terminal; wide characters take two, escape sequences none. */
export const widthOf = (text: string): number => measure(text).width;

/** The text in at most `columns` columns, with an ellipsis where something is missing. */
export function fit(text: string, columns: number): string {
  const { truncated, ellipsed, index } = measure(text, { limit: Math.max(1, columns), ellipsis: '…' });
  return truncated ? `${text.slice(0, index)}${ellipsed ? '…' : ''}` : text;
}

/** Filled with blanks to exactly `columns` columns, or shortened to them. */
export function pad(text: string, columns: number): string {
  const fitted = fit(text, columns);
  return fitted + ' '.repeat(Math.max(0, columns - widthOf(fitted)));
}
