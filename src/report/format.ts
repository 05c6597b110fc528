/** `2026-11-23 20:10:00.123 UTC` */
export const utc = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', ' UTC');

/** `43 ms`, `1.25 s`, `2 min 5 s`, `1 h 2 min` */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(2))} s`;
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  const parts = hours > 0 ? [`${hours} h`, `${minutes} min`] : [`${minutes} min`, `${seconds % 60} s`];
  return parts.filter((part) => !part.startsWith('0 ')).join(' ');
}

/** Four significant digits, with the unit when there is one; absent is said, never shown as zero. */
export function quantity(value: number | null | undefined, unit = ''): string {
  if (value === null || value === undefined) return 'no value';
  return `${Number(value.toPrecision(4))}${unit ? ` ${unit}` : ''}`;
}

/** People count from one, records from zero. */
export const place = (wave: string | undefined, iteration: number | undefined): string =>
  wave === undefined ? '' : iteration === undefined ? wave : `${wave} #${iteration + 1}`;
