import type { ScheduleOutlook } from '../client.ts';
import type { PlannedDay } from '../schedules/plan.ts';
import { facts, table } from './table.ts';

/** A day of a schedule, and what policy has against its run. */
export type JudgedDay = PlannedDay & { denied?: string };

/** Tells what policy would have against a run at an hour: the guardrails, and the folder's rules. */
export async function deniedBy(
  document: unknown,
  requestedBy: string,
  folder: string | undefined,
): Promise<(atMs: number) => string | undefined> {
  const [{ makePlan }, { decide }, { describeDenial }, { factsOf }, { readPolicies }] = await Promise.all([
    import('../language/digest.ts'),
    import('../policy/policy.ts'),
    import('../policy/decision.ts'),
    import('../policy/facts.ts'),
    import('../policy/folder.ts'),
  ]);
  const set = folder === undefined ? undefined : readPolicies(folder);
  const plan = makePlan(document, 0, 1);
  return (atMs) => {
    const { denials } = decide(factsOf(plan, { atMs, requestedBy }), set);
    return denials.length === 0 ? undefined : denials.map(describeDenial).join('; ');
  };
}

const part = (atMs: number, timeZone: string, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone, ...options }).format(atMs);

const clock = (atMs: number | undefined, zone: string): string =>
  atMs === undefined ? '' : part(atMs, zone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

const weekday = (date: string): string => part(Date.parse(`${date}T12:00:00Z`), 'UTC', { weekday: 'short' });

function what({ atMs, skipped, denied }: JudgedDay): string {
  if (denied !== undefined) return `will be denied: ${denied}`;
  if (skipped === undefined) return 'run';
  return atMs === undefined ? skipped : `skipped: ${skipped}`;
}

/** A schedule's next days, for people. */
export const outlookLines = ({
  name,
  zone,
  paused,
  times,
  days,
}: Omit<ScheduleOutlook, 'days' | 'input'> & { times: string; days: JudgedDay[] }): string[] => [
  ...facts([
    ['Schedule', name],
    ['Times', times === '' ? undefined : times],
    ['State', paused ? 'paused: nothing begins until it is resumed' : undefined],
  ]),
  '',
  ...table(
    ['DAY', zone, 'UTC', 'WHAT'],
    days.map((day) => [
      `${weekday(day.date)} ${day.date}`,
      day.skipped === undefined ? clock(day.atMs, zone) : '',
      day.skipped === undefined ? clock(day.atMs, 'UTC') : '',
      what(day),
    ]),
    300,
  ),
];
