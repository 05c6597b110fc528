import { dirname, resolve } from 'node:path';
import { parseText } from '../language/parse-text.ts';
import { ExperimentError, type Problem } from '../language/problem.ts';
import { refuseUnreadable } from '../language/source.ts';
import type { Change } from './change.ts';
import type { Documents } from './documents.ts';
import { SyncRefused } from './error.ts';

/** A schedule that was read from its file. */
export interface ScheduleRead {
  name: string;
}

/** The doors to schedules, as `Schedules` of the client has them. */
export interface ScheduleDoors<R extends ScheduleRead = ScheduleRead> {
  /** @throws ExperimentError with all problems, each with its place */
  read(text: string, file: string): R;
  /** What `apply` would change, one line for each place. Touches nothing. */
  diff(read: R): Promise<{ change: 'created' | 'updated' | 'unchanged'; diff: string[] }>;
  /** Safe to repeat. @param requestedBy in whose name its runs are started */
  apply(read: R, requestedBy: string): Promise<unknown>;
  list(): Promise<{ name: string; requestedBy: string; paused: boolean; note?: string }[]>;
  remove(name: string): Promise<void>;
}

/** What is to be done to schedules, and how it is told. */
export interface SchedulesPlan<R extends ScheduleRead = ScheduleRead> {
  changes: Change[];
  apply: R[];
  remove: string[];
}

/** In whose name a sync's schedules start runs, and by which it knows them again. */
export const scheduler = (managedBy: string): string => `sync:${managedBy}`;

/** Reads the schedules of a checkout. @throws ExperimentError with everything that is wrong */
export function readSchedules<R extends ScheduleRead>(
  { schedules, experiments }: Documents,
  read: ScheduleDoors<R>['read'],
): { path: string; read: R }[] {
  const problems: Problem[] = [];
  const names = new Map<string, string>();
  const known = new Set(experiments.map(({ file }) => file));
  const found = schedules.flatMap(({ file, path, text }) => {
    const wrong = (message: string): number => problems.push({ file, line: 1, column: 1, path: [], message });
    try {
      const named = experimentNamed(text, file);
      if (named !== undefined && !known.has(resolve(dirname(file), named)))
        wrong(`experiment ${named.slice(0, 200)}: there is no such experiment in the checkout`);
      const schedule = read(text, file);
      const twin = names.get(schedule.name);
      if (twin !== undefined) wrong(`schedule ${schedule.name} is in ${twin}, too: give one of them another name`);
      names.set(schedule.name, path);
      return [{ path, read: schedule }];
    } catch (error) {
      if (!(error instanceof ExperimentError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new ExperimentError(problems);
  return found;
}

/** The file that a schedule names, which must not be out of the checkout. */
function experimentNamed(text: string, file: string): string | undefined {
  const { document } = parseText(refuseUnreadable(text, file), file, file.endsWith('.json'));
  const { experiment } = document as { experiment?: unknown };
  return typeof experiment === 'string' ? experiment : undefined;
}

/** Compares the schedules of a checkout with Temporal's. @throws SyncRefused for those that somebody else has added */
export async function planSchedules<R extends ScheduleRead>(
  wanted: readonly { path: string; read: R }[],
  doors: ScheduleDoors<R>,
  { managedBy, prune }: { managedBy: string; prune: boolean },
): Promise<SchedulesPlan<R>> {
  const inForce = new Map((await doors.list()).map((view) => [view.name, view]));
  const plan: SchedulesPlan<R> = { changes: [], apply: [], remove: [] };
  for (const { path, read } of wanted) {
    const view = inForce.get(read.name);
    inForce.delete(read.name);
    if (view && view.requestedBy !== scheduler(managedBy))
      throw new SyncRefused(
        `${path}: schedule ${read.name} was added by ${view.requestedBy}: remove it first (\`breakwater schedule remove ${read.name}\`), or rename yours`,
      );
    const { change, diff } = await doors.diff(read);
    const action = ({ created: 'create', updated: 'change', unchanged: 'unchanged' } as const)[change];
    const rests = view?.paused === true ? [{ path: `paused${view.note === undefined ? '' : ` (${view.note})`}, and stays so` }] : [];
    plan.changes.push({
      kind: 'schedules',
      name: read.name,
      action,
      path,
      differences: [...diff.map((line) => ({ path: line })), ...rests],
    });
    plan.apply.push(read);
  }
  const gone = [...inForce.values()].filter(({ requestedBy }) => requestedBy === scheduler(managedBy)).map(({ name }) => name);
  const action = prune ? 'prune' : 'stale';
  plan.changes.push(...gone.map((name): Change => ({ kind: 'schedules', name, action, differences: [] })));
  return { ...plan, remove: prune ? gone : [] };
}
