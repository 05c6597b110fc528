/** What a spreadsheet may take for the beginning of a formula, also after blanks and in full width. */
const formula = /^[\s\p{Cc}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/u;

/** A text that a spreadsheet would take for a formula is made a text; numbers are written as they are; nothing is an empty cell. */
export function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = formula.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line of RFC 4180, of cells that are quoted already. */
export const csvLine = (cells: readonly string[]): string => `${cells.join(',')}\r\n`;
