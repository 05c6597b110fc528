/** Reads BREAKWATER_LABELS, `k=v,k=v`. A part without `=` is left out: it is another program's environment, not ours to refuse. */
export function parseLabels(text: string): Record<string, string> {
  const pairs = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part.indexOf('=') > 0);
  return Object.fromEntries(pairs.map((part) => [part.slice(0, part.indexOf('=')).trim(), part.slice(part.indexOf('=') + 1).trim()]));
}
