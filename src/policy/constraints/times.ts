import { nextSpan, spanAt } from '../times/span.ts';
import { windowName } from '../window-name.ts';
import type { ConstraintTable } from './define.ts';

const iso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

/** When a wave may begin, and what only an expression can say. */
export const times: Pick<ConstraintTable, 'windows' | 'blackouts' | 'cel'> = {
  windows: (windows, { atMs }, _wave, rule) => {
    if (spanAt(rule.windows, atMs)) return undefined;
    const next = nextSpan(rule.windows, atMs);
    return {
      value: iso(atMs),
      limit: windows.map(windowName).join('; '),
      reason: next
        ? `outside of its windows: the next one begins at ${iso(next.fromMs)}`
        : 'outside of its windows, and none follows in four years',
    };
  },
  blackouts: (_blackouts, { atMs }, _wave, rule) => {
    const span = spanAt(rule.blackouts, atMs);
    if (!span) return undefined;
    return {
      value: iso(atMs),
      limit: `${span.name}, ${iso(span.fromMs)} to ${iso(span.untilMs)}`,
      reason: `blackout: not before ${iso(span.untilMs)}`,
    };
  },
  cel: ({ expression, reason }, facts, wave, rule) => {
    const answer = rule.expression ? rule.expression(facts, wave) : 'not compiled';
    return answer === true ? undefined : { value: answer, limit: expression.slice(0, 300), reason };
  },
};
