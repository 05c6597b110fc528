import type { Measurement } from '../domain/sample.ts';

export const noData = (reason: string): Measurement => ({ kind: 'no-data', reason });
export const failure = (reason: string): Measurement => ({ kind: 'error', reason });

/** A number as a measurement: NaN says that there is nothing to say, an infinity cannot be judged. Neither is ever 0. */
export function valueOf(value: number): Measurement {
  if (Number.isNaN(value)) return noData('the answer is NaN');
  if (!Number.isFinite(value)) return failure('the answer is infinite');
  return { kind: 'value', value };
}

/** Reads a decimal number (`12`, `-0.5`, `1e3`), `NaN` and `±Inf`; undefined when the text is something else. Hex, blanks and '' are. */
export function parseNumber(text: string): number | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (/^nan$/i.test(text)) return NaN;
  const infinity = /^([+-]?)inf(inity)?$/i.exec(text);
  return infinity ? (infinity[1] === '-' ? -Infinity : Infinity) : undefined;
}

/** The beginning of an answer, on one line, for a message. */
export const excerpt = (text: string, length = 60): string => {
  const line = text
    .slice(0, length * 4)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
};

/** By shape, not by class: errors of other realms (a test's, a worker thread's) are no instances of ours. */
export function messageOf(error: unknown): string {
  if (error === null || typeof error !== 'object') return String(error);
  const { message, code, errors } = error as { message?: unknown; code?: unknown; errors?: unknown[] };
  if (typeof message === 'string' && message !== '') return message;
  const inner = Array.isArray(errors) && errors.length > 0 ? messageOf(errors[0]) : '';
  return inner || (typeof code === 'string' ? code : '');
}
