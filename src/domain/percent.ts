/**
 * A share in words, as an experiment file writes it: 0.125 → `12.5%`.
 * @param share 0–1, or beyond
 * @param decimals at most so many
 */
export const percent = (share: number, decimals = 2): string => `${Number((share * 100).toFixed(decimals))}%`;
