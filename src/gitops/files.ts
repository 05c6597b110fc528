import { readdirSync, statSync, type Dirent } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ExperimentError, type Problem } from '../language/problem.ts';
import { readSource } from '../language/source.ts';
import { isBlob, type Checkout } from './checkout.ts';
import { SyncRefused } from './error.ts';

/** More, or deeper, is no folder of experiments but a mistake about the folder. */
const MOST_FILES = 2_000;
const MOST_ENTRIES = 50_000;
const DEEPEST = 12;
const MOST_CHARACTERS = 33_554_432;

/** A file of the checkout. */
export interface SourceFile {
  /** As it is opened, and as messages name it. */
  file: string;
  /** In the repository, with slashes. */
  path: string;
  text: string;
}

const isWanted = (name: string): boolean => /\.(ya?ml|json|ics)$/.test(name);
/** `.git` and whatever else is hidden; packages of others. */
const isSkipped = (name: string): boolean => name.startsWith('.') || name === 'node_modules';

const leadsToFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * Reads every YAML, JSON and iCalendar file of a checkout's folder.
 * @throws ExperimentError for files that cannot be read, and for symbolic links, which may lead anywhere; SyncRefused when there are too many
 */
export function readFiles(checkout: Checkout): SourceFile[] {
  const problems: Problem[] = [];
  const files = list(checkout.folder, 0, { left: MOST_ENTRIES }).flatMap(({ file, isLink }): SourceFile[] => {
    try {
      if (isLink)
        throw wrong(file, 'a symbolic link: it is not followed, because it may lead out of the checkout; put the file itself here');
      return [{ file, path: pathOf(file, checkout), text: readSource(file) }];
    } catch (error) {
      if (!(error instanceof ExperimentError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new ExperimentError(problems);
  if (files.length > MOST_FILES)
    throw new SyncRefused(`${checkout.folder} holds more than ${MOST_FILES} files: name the folder of the experiments`);
  if (files.reduce((sum, { text }) => sum + text.length, 0) > MOST_CHARACTERS)
    throw new SyncRefused(
      `the files of ${checkout.folder} are larger than ${MOST_CHARACTERS / 1_048_576} MiB together: name the folder of the experiments`,
    );
  return files;
}

const pathOf = (file: string, { folder, prefix }: Checkout): string =>
  [prefix, ...relative(folder, file).split(sep)].filter(Boolean).join('/');

const wrong = (file: string, message: string): ExperimentError => new ExperimentError([{ file, line: 1, column: 1, path: [], message }]);

function list(folder: string, depth: number, budget: { left: number }): { file: string; isLink: boolean }[] {
  if (depth > DEEPEST) throw new SyncRefused(`${folder}: folders are nested deeper than ${DEEPEST}: name the folder of the experiments`);
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  budget.left -= entries.length;
  if (budget.left < 0) throw new SyncRefused(`${folder}: more than ${MOST_ENTRIES} entries: name the folder of the experiments`);
  return entries.flatMap((entry: Dirent) => {
    const file = join(folder, entry.name);
    if (isSkipped(entry.name)) return [];
    if (entry.isSymbolicLink()) return isWanted(entry.name) || leadsToFolder(file) ? [{ file, isLink: true }] : [];
    if (entry.isDirectory()) return list(file, depth + 1, budget);
    return isWanted(entry.name) ? [{ file, isLink: false }] : [];
  });
}

/** What is not as it was committed, by path: changed, new, ignored by Git, or gone. */
export function uncommitted(files: readonly SourceFile[], { blobs }: Checkout): string[] {
  const read = new Set(files.map(({ path }) => path));
  const changed = files.filter(({ path, text }) => !isBlob(text, blobs.get(path) ?? '')).map(({ path }) => path);
  const gone = [...blobs.keys()].filter((path) => isWanted(path) && !path.split('/').some(isSkipped) && !read.has(path));
  return [...changed, ...gone].sort();
}
