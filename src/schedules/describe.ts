import { windowName } from '../policy/window-name.ts';
import { percent } from '../domain/percent.ts';
import type { ScheduleTerms } from './schema.ts';

/** When a schedule starts runs, in one line. */
export function describeTerms({ windows, start, atMost, skip }: ScheduleTerms): string {
  const where = start === 'random' ? 'at a random minute' : start === 'begin' ? 'at the beginning' : `at ${start.at}`;
  return [
    windows.map(windowName).join(', '),
    where,
    ...(atMost ? [`at most ${atMost.runs} a ${atMost.per}${atMost.of === 'service' ? ' for the service' : ''}`] : []),
    ...(skip.budgetBelow === undefined ? [] : [`not with less than ${percent(skip.budgetBelow)} of the error budget`]),
  ].join('; ');
}
