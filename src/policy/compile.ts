import { compileExpression, type Expression } from './cel.ts';
import type { Blackout, PolicyDocument, Recurring as RecurringSchema, Rule } from './schema.ts';
import type { Window } from '../domain/experiment/metadata.ts';
import { calendar } from './times/calendar.ts';
import { isCountry, namedDay, publicHolidays } from './times/days.ts';
import { hours } from './times/hours.ts';
import { recurring } from './times/recurrence.ts';
import type { Timetable } from './times/span.ts';
import type * as z from 'zod';

/** A rule that is ready to be asked. */
export interface ReadyRule {
  /** `policy/rule` */
  name: string;
  contact: string;
  /** The file that it stands in, relative to the folder. */
  file: string;
  rule: Rule;
  windows: Timetable[];
  blackouts: Timetable[];
  expression?: Expression;
}

/** Something that only shows when a rule is made ready. `path` is within the document. */
export interface CompileProblem {
  path: (string | number)[];
  message: string;
}

type Recurring = z.infer<typeof RecurringSchema>;

const repeats = ({ name, rrule, start, duration, zone }: Recurring): Timetable =>
  recurring({ rrule, start, durationMs: duration, zone, name: name ?? rrule });

const window = (one: Window | Recurring): Timetable => ('rrule' in one ? repeats(one) : hours(one));

/** @throws when the calendar cannot be read, or the country is not known */
function blackout(one: Blackout, fileText: (name: string) => string): Timetable {
  if ('rrule' in one) return repeats(one);
  if ('calendar' in one) return calendar(fileText(one.calendar), one.zone);
  if ('day' in one) return namedDay(one.day, one.days, one.zone);
  if (!isCountry(one.holidays, one.state))
    throw new Error(`no holidays are known of ${one.state === undefined ? one.holidays : `${one.holidays}-${one.state}`}`);
  return publicHolidays(one.holidays, one.state, one.zone);
}

/** Any hour: what cannot be told now cannot be told later either. Epoch milliseconds. */
const PROBE_MS = Date.UTC(2026, 0, 1);

/**
 * Makes the rules of a policy ready.
 * @param fileText the text of a file beside the policy; throws when it cannot be read
 */
export function compile(
  document: PolicyDocument,
  file: string,
  fileText: (name: string) => string,
): { rules: ReadyRule[]; problems: CompileProblem[] } {
  const problems: CompileProblem[] = [];
  const attempt = <T>(path: (string | number)[], make: () => T): T[] => {
    try {
      return [make()];
    } catch (error) {
      problems.push({ path, message: (error instanceof Error ? error.message : String(error)).slice(0, 500) });
      return [];
    }
  };
  const proven = (table: Timetable): Timetable => {
    table.spans(PROBE_MS, PROBE_MS + 1);
    return table;
  };
  const rules = document.rules.map((rule, i): ReadyRule => {
    const compiled = rule.cel && compileExpression(rule.cel.expression);
    if (compiled && 'problem' in compiled) problems.push({ path: ['rules', i, 'cel', 'expression'], message: compiled.problem });
    return {
      name: `${document.metadata.name}/${rule.name}`,
      contact: document.metadata.contact,
      file,
      rule,
      windows: (rule.windows ?? []).flatMap((one, j) => attempt(['rules', i, 'windows', j], () => proven(window(one)))),
      blackouts: (rule.blackouts ?? []).flatMap((one, j) => attempt(['rules', i, 'blackouts', j], () => proven(blackout(one, fileText)))),
      ...(compiled && 'evaluate' in compiled && { expression: compiled.evaluate }),
    };
  });
  return { rules, problems };
}
