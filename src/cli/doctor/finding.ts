import { plainText } from '../plain-text.ts';
import type { Colour, Terminal } from '../terminal.ts';

/** What one check found. */
export interface Finding {
  check: string;
  status: 'ok' | 'warn' | 'fail';
  detail: string;
  /** What to do; absent when all is well. */
  remedy?: string;
  /** Lines to copy, such as a Role: printed after all findings. */
  attachment?: string[];
}

export const ok = (check: string, detail: string): Finding => ({ check, status: 'ok', detail });
export const warn = (check: string, detail: string, remedy: string): Finding => ({ check, status: 'warn', detail, remedy });
export const fail = (check: string, detail: string, remedy: string): Finding => ({ check, status: 'fail', detail, remedy });

/** Turns what a check threw into its finding. */
export const orFail =
  (check: string, remedy: string) =>
  (cause: unknown): Finding =>
    fail(check, (cause instanceof Error ? cause.message : String(cause)).slice(0, 500), remedy);

const COLOURS: Record<Finding['status'], Colour> = { ok: 'green', warn: 'yellow', fail: 'red' };

/** A line per finding, the remedy below it, and at the end what is to be copied. */
export function findingLines(findings: readonly Finding[], paint: Terminal['paint']): string[] {
  const wide = Math.max(0, ...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, status, detail, remedy }) => [
    `${paint(COLOURS[status], status.padEnd(4))}  ${plainText(check).padEnd(wide)}  ${plainText(detail)}`,
    ...(remedy === undefined ? [] : [`${' '.repeat(wide + 8)}${plainText(remedy)}`]),
  ]);
  const attached = findings.flatMap(({ attachment = [] }) => attachment);
  return attached.length === 0 ? lines : [...lines, '', ...attached];
}
