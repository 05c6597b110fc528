import * as z from 'zod';

const MS_PER: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `200ms`, `1.5s`, `3m`, `1h30m`, `30d`. Undefined when it is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g);
  return [...parts].reduce((sum, [, amount, unit]) => sum + Number(amount) * (MS_PER[unit ?? ''] ?? NaN), 0);
}

/** Writes whole milliseconds as a person would: 90000 → `90s`, 3600000 → `1h`. `parseDuration` reads it back. */
export function formatDuration(ms: number): string {
  const [unit = 'ms', size = 1] = Object.entries(MS_PER).findLast(([, each]) => ms > 0 && ms % each === 0) ?? [];
  return `${ms / size}${unit}`;
}

/** Reads `0.1%` or a plain number; a percentage becomes a fraction (0.1% → 0.001). Undefined when it is neither. */
export function parseRatio(text: string): number | undefined {
  const match = /^(-?\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  return match ? Number(match[1]) / 100 : undefined;
}

/**
 * Reads a limit in the unit a person writes: `200ms`, `3m` (milliseconds), `0.1%` (fraction), `64MiB` (bytes) or a plain number.
 * Undefined when it is none of them.
 */
export function parseQuantity(text: string): number | undefined {
  return parseDuration(text) ?? parseRatio(text) ?? parseBytes(text);
}

const BYTES_PER: Record<string, number> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|KiB|MiB|GiB)$/.exec(text.trim());
  return match ? Number(match[1]) * (BYTES_PER[match[2] ?? ''] ?? NaN) : undefined;
}

/** @param json what editors are told of the text: a pattern, examples */
const unit = (expected: string, parse: (text: string) => number | undefined, json: { pattern: string; examples: string[] }) =>
  z
    .string({ error: `expected ${expected}` })
    .transform((text, context) => {
      const value = parse(text);
      if (value !== undefined && Number.isFinite(value)) return value;
      context.issues.push({ code: 'custom', input: text, message: `expected ${expected}` });
      return z.NEVER;
    })
    .meta(json);

const DURATION = String.raw`(\d+(\.\d+)?(ms|s|m|h|d))+`;
const RATIO = String.raw`-?\d+(\.\d+)?\s*%`;
const BYTES = String.raw`\d+(\.\d+)?\s*(B|KB|MB|GB|KiB|MiB|GiB)`;

/** A duration with its unit; the parsed value is milliseconds. A bare number is refused, because nobody knows its unit. */
export const Duration = unit('a duration with its unit, such as 200ms, 30s, 3m or 1h30m', parseDuration, {
  pattern: `^${DURATION}$`,
  examples: ['200ms', '30s', '3m', '1h30m'],
});

/** A ratio, `0.1%`; the parsed value is a fraction, 0.001. */
export const Ratio = unit('a percentage, such as 0.1% or 40%', parseRatio, { pattern: `^${RATIO}$`, examples: ['0.1%', '40%'] });

const quantity = 'a number, or one with a unit such as 0.1%, 200ms or 64MiB';
/** The text of a limit that has a unit. */
export const QuantityText = unit(quantity, parseQuantity, {
  pattern: `^(${DURATION}|${RATIO}|${BYTES})$`,
  examples: ['0.1%', '200ms', '64MiB'],
});

/** A limit: a number, or a text with a unit. The parsed value is in the base unit (milliseconds, fraction, bytes). */
export const Quantity = z.union([z.number(), QuantityText], { error: `expected ${quantity}` });
