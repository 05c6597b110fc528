/** User text as Markdown text: on one line, and nothing in it is markup, HTML, an entity or a table's border. */
export const escapeMarkdown = (text: string): string =>
  text.replace(/[\p{Cc}\p{Surrogate}\u2028\u2029\u202A-\u202E\u2066-\u2069]+/gu, ' ').replace(/[\\`*_[\]<>|~&#!$]/g, '\\$&');

/** A table of GitHub's Markdown, everything in it escaped; `none` when it would be empty. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[], none: string): string {
  if (rows.length === 0) return none;
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => escapeMarkdown(cell) || '–').join(' | ')} |`;
  return [line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}
