import type { Window } from './experiment/metadata.ts';

/** Weekday and minute of the day at a place. */
function localTime(atMs: number, zone: string): { day: string; minute: number } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(atMs);
  const part = (type: string): string => parts.find((p) => p.type === type)?.value ?? '';
  return { day: part('weekday').toLowerCase(), minute: Number(part('hour')) * 60 + Number(part('minute')) };
}

const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const dayBefore = (day: string): string => DAYS[(DAYS.indexOf(day) + 6) % 7] ?? day;

/** Whether the window is open at the instant. A window past midnight belongs to the day on which it began. */
export function isOpen({ days, from, to, zone }: Window, atMs: number): boolean {
  const { day, minute } = localTime(atMs, zone);
  const [start, end] = [minuteOf(from), minuteOf(to)];
  const isListed = (name: string): boolean => (days as string[]).includes(name);
  if (start <= end) return isListed(day) && minute >= start && minute < end;
  return (isListed(day) && minute >= start) || (isListed(dayBefore(day)) && minute < end);
}

/** Whether a wave may begin: no windows means always. */
export const mayBegin = (windows: readonly Window[], atMs: number): boolean =>
  windows.length === 0 || windows.some((window) => isOpen(window, atMs));

/** `mon–fri`-less but exact: `mon,tue 10:00–15:00 Europe/Berlin`. */
export const describeWindow = ({ days, from, to, zone }: Window): string => `${days.join(',')} ${from}–${to} ${zone}`;
