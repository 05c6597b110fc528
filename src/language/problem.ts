/** A place in a document, as keys and list positions from the root. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with an experiment file. Lines and columns count from 1. */
export interface Problem {
  file: string;
  line: number;
  column: number;
  path: Path;
  /** What stands there, shortened; absent when the place itself is the problem (a syntax error, a missing or unknown key). */
  found?: string;
  /** What is wrong or what was expected, starting in lower case. */
  message: string;
  /** What to write instead, when it can be guessed. */
  hint?: string;
}

/** More problems than this are counted, not listed. */
const MOST_LISTED = 50;

/** The path as a person writes it: `stopConditions[0].for`. */
export const formatPath = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const key = /^[\w-]{1,80}$/.test(part) ? part : JSON.stringify(part.slice(0, 80));
    return text === '' ? key : `${text}.${key}`;
  }, '');

/** `payment.yaml:12:15 stopConditions[0].for: found 3, expected a duration with its unit, such as 200ms, 30s, 3m or 1h30m` */
export function formatProblem({ file, line, column, path, found, message, hint }: Problem): string {
  const place = path.length > 0 ? ` ${formatPath(path)}:` : '';
  const what = found === undefined ? message : `found ${found}, ${message}`;
  return `${file}:${line}:${column}${place} ${what}${hint === undefined ? '' : `; ${hint}`}`;
}

const byPosition = (a: Problem, b: Problem): number => a.line - b.line || a.column - b.column;

/** A file that is not an experiment. `problems` holds everything that is wrong, in the order of the file; the message has one line for each. */
export class ExperimentError extends Error {
  override readonly name = 'ExperimentError';
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    const sorted = [...problems].sort(byPosition);
    super(formatAll(sorted));
    this.problems = sorted;
  }
  /** One line per problem, each with its file, line and column. */
  format(): string {
    return formatAll(this.problems);
  }
}

function formatAll(problems: readonly Problem[]): string {
  const lines = problems.slice(0, MOST_LISTED).map(formatProblem);
  const rest = problems.length - lines.length;
  return [...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n');
}
