import { closest, distance } from 'fastest-levenshtein';

/** Longer names are no typing slip, and comparing them would cost time. */
const LONGEST = 64;

/** The option that was probably meant: at most a third of its letters differ, upper and lower case aside. Undefined when none is near. */
export function suggest(written: string, options: readonly string[]): string | undefined {
  if (options.length === 0 || written.length > LONGEST) return undefined;
  const lower = new Map(options.map((option) => [option.toLowerCase(), option]));
  const nearest = closest(written.toLowerCase(), [...lower.keys()]);
  const isNear = distance(written.toLowerCase(), nearest) <= Math.max(1, Math.floor(nearest.length / 3));
  return isNear ? lower.get(nearest) : undefined;
}

/** `did you mean 'payments'?`, or undefined. */
export function didYouMean(written: string, options: readonly string[]): string | undefined {
  const meant = suggest(written, options);
  return meant === undefined || meant === written ? undefined : `did you mean '${meant}'?`;
}
