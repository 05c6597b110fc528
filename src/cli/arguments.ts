import { InvalidArgumentError } from 'commander';
import { isEnvironment } from '../domain/ledger/names.ts';
import { parseDuration } from '../domain/units.ts';

const MAX_SEED = 2 ** 31 - 1;

/** @throws InvalidArgumentError */
export function seedArgument(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > MAX_SEED) throw new InvalidArgumentError(`expected a whole number from 0 to ${MAX_SEED}`);
  return seed;
}

/** @throws InvalidArgumentError */
export function timeScaleArgument(text: string): number {
  const scale = Number(text);
  if (!(scale > 0 && scale <= 1)) throw new InvalidArgumentError('expected a number above 0 and at most 1, such as 0.05');
  return scale;
}

/** @throws InvalidArgumentError @returns milliseconds */
export function durationArgument(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('expected a duration with its unit, such as 30s, 5m or 1h30m');
  return ms;
}

/** A duration before now (`30d`), a day (`2026-11-01`, from its midnight in UTC) or an instant with its zone. @throws InvalidArgumentError @returns epoch milliseconds */
export function instantArgument(text: string): number {
  const ago = parseDuration(text);
  const isInstant = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const atMs = ago === undefined ? (isInstant ? Date.parse(text) : NaN) : Date.now() - ago;
  if (!Number.isFinite(atMs) || Math.abs(atMs) > 8.64e15)
    throw new InvalidArgumentError(
      'expected a duration before now such as 30d, a day such as 2026-11-01, or an instant such as 2026-11-01T08:00:00Z',
    );
  return atMs;
}

/** @throws InvalidArgumentError */
export function limitArgument(text: string): number {
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > 1_000) throw new InvalidArgumentError('expected a whole number from 1 to 1000');
  return limit;
}

/** @throws InvalidArgumentError */
export function personArgument(text: string): string {
  if (text.trim() === '' || text.length > 200) throw new InvalidArgumentError('expected a name of 1 to 200 characters');
  return text;
}

/** @throws InvalidArgumentError */
export function reasonArgument(text: string): string {
  if (text.trim() === '' || text.length > 500) throw new InvalidArgumentError('expected a reason of 1 to 500 characters');
  return text;
}

/** @throws InvalidArgumentError */
export function environmentArgument(text: string): string {
  if (!isEnvironment(text))
    throw new InvalidArgumentError('expected the name of an environment: lower-case letters, digits and hyphens, 63 at most');
  return text;
}

/** A whole number between two bounds. */
export const capArgument =
  (least: number, most: number) =>
  (text: string): number => {
    const cap = Number(text);
    if (!/^\d+$/.test(text) || cap < least || cap > most)
      throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`);
    return cap;
  };
