import { basename, dirname } from 'node:path';
import { canonicalDigest } from '../language/digest.ts';
import { parseText } from '../language/parse-text.ts';
import { ExperimentError, type Problem } from '../language/problem.ts';
import { readExperiment, type ReadExperiment } from '../language/read.ts';
import { refuseUnreadable } from '../language/source.ts';
import type { SourceFile } from './files.ts';

/** An experiment of the checkout. */
export interface ExperimentFile extends SourceFile, ReadExperiment {
  digest: string;
}

/** Everything in a checkout, by what it is. */
export interface Documents {
  experiments: ExperimentFile[];
  /** Files of the one folder that holds policies: policies, their cases and calendars. */
  policies?: { folder: string; files: SourceFile[] };
  schedules: SourceFile[];
  /** Paths of what is none of Breakwater's. */
  ignored: string[];
}

const KINDS = ['Experiment', 'Policy', 'PolicyCases', 'Schedule'] as const;
type Kind = (typeof KINDS)[number] | 'calendar' | 'foreign';

const problem = (file: string, message: string): ExperimentError => new ExperimentError([{ file, line: 1, column: 1, path: [], message }]);

/** What a file says that it is. A file of another `apiVersion`, or without any, is somebody else's. */
function kindOf({ file, text }: SourceFile): Kind {
  if (file.endsWith('.ics')) return 'calendar';
  const { document } = parseText(refuseUnreadable(text, file), file, file.endsWith('.json'));
  const { apiVersion, kind } = (typeof document === 'object' && document !== null ? document : {}) as Record<string, unknown>;
  const known = KINDS.find((one) => one === kind);
  const isOurs = typeof apiVersion === 'string' && apiVersion.startsWith('breakwater.dev/');
  if (isOurs && known === undefined) throw problem(file, `kind ${JSON.stringify(kind ?? null)}: expected one of ${KINDS.join(', ')}`);
  if (!isOurs && known !== undefined && apiVersion === undefined)
    throw problem(file, `kind ${known} without \`apiVersion: breakwater.dev/v1\``);
  return isOurs && known !== undefined ? known : 'foreign';
}

/** Sorts files by what they are. @throws ExperimentError with everything that is wrong, in any of them */
export function sortFiles(files: readonly SourceFile[]): Documents {
  const problems: Problem[] = [];
  const attempt = <T>(read: () => T): T[] => {
    try {
      return [read()];
    } catch (error) {
      if (!(error instanceof ExperimentError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  };
  const sorted = files.flatMap((file) => attempt(() => ({ file, kind: kindOf(file) })));
  const of = (...kinds: Kind[]): SourceFile[] => sorted.filter(({ kind }) => kinds.includes(kind)).map(({ file }) => file);
  const experiments = of('Experiment').flatMap((file) => attempt(() => experimentOf(file)));
  problems.push(...twins(experiments));
  const policies = attempt(() => policiesOf(of('Policy'), of('PolicyCases'), of('calendar')))[0];
  if (problems.length > 0) throw new ExperimentError(problems);
  return { experiments, ...(policies && { policies }), schedules: of('Schedule'), ignored: of('foreign').map(({ path }) => path) };
}

function experimentOf(file: SourceFile): ExperimentFile {
  const read = readExperiment(file.text, file.file);
  return { ...file, ...read, digest: canonicalDigest(read.document) };
}

function twins(experiments: readonly ExperimentFile[]): Problem[] {
  const keyOf = ({ experiment: { metadata } }: ExperimentFile): string => `${metadata.name} in ${metadata.environment}`;
  return experiments.flatMap((one, i) => {
    const twin = experiments.slice(0, i).find((other) => keyOf(other) === keyOf(one));
    return twin ? problem(one.file, `experiment ${keyOf(one)} is in ${twin.path}, too: give one of them another name`).problems : [];
  });
}

/** Policies are read as one folder, so they must be in one. Calendars elsewhere are none of theirs. */
function policiesOf(policies: SourceFile[], cases: SourceFile[], calendars: SourceFile[]): Documents['policies'] {
  const [first, ...rest] = policies;
  if (!first) {
    const [orphan] = cases;
    if (orphan) throw problem(orphan.file, 'cases without a policy beside them');
    return undefined;
  }
  const folder = dirname(first.file);
  const stray = [...rest, ...cases].find(({ file }) => dirname(file) !== folder);
  if (stray) throw problem(stray.file, `the policies are in ${dirname(first.path)}: keep all of them, and their cases, in one folder`);
  const misnamed = policies.find(({ file }) => /\.cases\.(ya?ml|json)$/.test(basename(file)));
  if (misnamed) throw problem(misnamed.file, 'a policy in a file that is named as its cases are (*.cases.yaml) would not be read');
  const unnamed = cases.find(({ file }) => !/\.cases\.(ya?ml|json)$/.test(basename(file)));
  if (unnamed) throw problem(unnamed.file, 'cases are in files that are named *.cases.yaml');
  return { folder, files: [...policies, ...cases, ...calendars.filter(({ file }) => dirname(file) === folder)] };
}
