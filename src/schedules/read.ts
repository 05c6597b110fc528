import { dirname, join } from 'node:path';
import type { Experiment } from '../domain/experiment/experiment.ts';
import { canonicalDigest } from '../language/digest.ts';
import { asWritten, ExperimentDocument } from '../language/experiment.ts';
import { explain } from '../language/explain.ts';
import { ExperimentError, type Path, type Problem } from '../language/problem.ts';
import { readAs, type ReadDocument } from '../language/read-as.ts';
import { readExperimentFile, type ReadExperiment } from '../language/read.ts';
import { readSource } from '../language/source.ts';
import { wordsOf } from '../language/words.ts';
import { blackoutTimes, windowTimes } from '../policy/times/timetable.ts';
import { ScheduleDocument, type ScheduleTerms } from './schema.ts';

/** A schedule file, with all that it names. */
export interface ReadSchedule {
  name: string;
  /** The file that it was read from. */
  file: string;
  terms: ScheduleTerms;
  /** The terms as their author wrote them: with the experiment and the calendars they are what is digested and sent. */
  document: Record<string, unknown>;
  experiment: Experiment;
  experimentDocument: unknown;
  /** Texts of the iCalendar files that it names. */
  calendars: Record<string, string>;
}

/** All calendars of a schedule together: they travel with every run. Characters. */
const MOST_CALENDARS = 131_072;

/**
 * Reads a schedule from YAML or JSON text, and the experiment and calendars that it names.
 * @param file for the messages, and the place that paths are relative to
 * @throws ExperimentError with all problems, each with its file, line and column
 */
export function readSchedule(text: string, file: string): ReadSchedule {
  const read = readAs(ScheduleDocument, text, file);
  const { experiment: named, ...terms } = read.value;
  const problems: Problem[] = [];
  const place = (path: Path, message: string): number => problems.push({ file, ...read.locate(path, 'value'), path, message });
  const calendars = readTimes(terms, file, place);
  const found = typeof named === 'string' ? readBeside(named, file, problems, place) : readInline(named, read, file, problems);
  if (found && terms.skip.budgetBelow !== undefined && Object.keys(found.experiment.slo).length === 0)
    place(['skip', 'budgetBelow'], `the experiment ${found.experiment.metadata.name} has no \`slo\`, so nobody could tell what is left`);
  if (!found || problems.length > 0) throw new ExperimentError(problems);
  const { experiment: _experiment, ...document } = read.document as Record<string, unknown>;
  return {
    ...{ name: terms.metadata.name, file, terms, document, calendars },
    ...{ experiment: found.experiment, experimentDocument: found.document },
  };
}

/** Reads a schedule file. @throws ExperimentError */
export const readScheduleFile = (path: string): ReadSchedule => readSchedule(readSource(path), path);

/** SHA-256 over all that makes a schedule what it is; where its files lie does not. */
export const scheduleDigest = ({ document, experimentDocument, calendars }: ReadSchedule): string =>
  canonicalDigest({ document, experiment: experimentDocument, calendars });

type Place = (path: Path, message: string) => void;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 500);

/** Tries every window and blackout. @returns the calendars that they name */
function readTimes({ windows, skip }: ScheduleTerms, file: string, place: Place): Record<string, string> {
  const calendars: Record<string, string> = {};
  const beside = (name: string): string => (calendars[name] ??= readSource(join(dirname(file), name)));
  const attempt = (path: Path, make: () => unknown): void => {
    try {
      make();
    } catch (error) {
      place(path, reasonOf(error));
    }
  };
  windows.forEach((one, i) => {
    attempt(['windows', i], () => windowTimes(one));
  });
  (skip.blackouts ?? []).forEach((one, i) => {
    attempt(['skip', 'blackouts', i], () => blackoutTimes(one, beside));
  });
  const length = Object.values(calendars).reduce((sum, text) => sum + text.length, 0);
  if (length > MOST_CALENDARS)
    place(['skip', 'blackouts'], `the calendars have ${length} characters, and at most ${MOST_CALENDARS} are taken: keep them in a policy`);
  return calendars;
}

function readBeside(path: string, file: string, problems: Problem[], place: Place): ReadExperiment | undefined {
  if (path.startsWith('/')) {
    place(['experiment'], 'expected a path that is relative to this file');
    return undefined;
  }
  try {
    return readExperimentFile(join(dirname(file), path));
  } catch (error) {
    if (!(error instanceof ExperimentError)) throw error;
    place(['experiment'], 'this experiment cannot be taken:');
    problems.push(...error.problems);
    return undefined;
  }
}

function readInline(
  document: Record<string, unknown>,
  { locate }: Pick<ReadDocument<unknown>, 'locate'>,
  file: string,
  problems: Problem[],
): ReadExperiment | undefined {
  const result = ExperimentDocument.safeParse(document, { error: wordsOf, reportInput: true });
  if (result.success) return { experiment: asWritten(result.data as Experiment, document as unknown as Experiment), document };
  for (const { at, meant: _meant, oneOf: _oneOf, ...finding } of explain(result.error.issues, document)) {
    const path = ['experiment', ...finding.path];
    problems.push({ file, ...locate(path, at), ...finding, path });
  }
  return undefined;
}
