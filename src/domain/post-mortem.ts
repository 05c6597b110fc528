import { isRunId } from './start.ts';

/** Whether the runbook was brought up to date by what was learnt. */
export type RunbookAnswer = 'updated' | 'not-needed' | 'not-yet' | 'unanswered';

/** How far a post-mortem was completed. */
export interface PostMortemCheck {
  /** Of `fields` fields that only people can fill, how many are. */
  completed: number;
  fields: number;
  /** Names of the others. */
  missing: string[];
  runbook: RunbookAnswer;
}

/** The fields that only people can fill, with the question that stands in the draft. */
export const FIELDS = {
  summary: 'what happened, in two sentences that somebody outside of the team understands',
  detection: 'who noticed it, by what, and how long that took',
  'customer-impact': 'who outside of the team noticed anything, and what',
  'root-cause': 'the mechanism by which it happened; never a person',
  'what-worked': 'what helped, beside what the record shows',
  'what-did-not': 'what was missing, late or misleading, beside what the record shows',
  precondition: 'whether the proposed precondition was taken over, and why or why not',
  runbook: '`updated`, `not needed` or `not yet`, then what and where',
  'action-items': 'one row for each: what, who, until when',
} as const;

export type Field = keyof typeof FIELDS;
const NAMES = Object.keys(FIELDS) as Field[];

const HEAD = /^<!-- breakwater\.dev\/post-mortem\/v1 run: (\S{1,200}) -->$/;
const BEGIN = /^<!-- field: ([a-z-]+) -->$/;
const END = '<!-- /field -->';

/** The first line of a post-mortem: which run it is about. */
export const headOf = (workflowId: string): string => `<!-- breakwater.dev/post-mortem/v1 run: ${workflowId} -->`;

/** A field as it stands in a draft. */
export const blankField = (name: Field, text = `TODO: ${FIELDS[name]}`): string => `<!-- field: ${name} -->\n${text}\n${END}`;

/** What was written into each field. A field ends at its end, at the next one, or at a heading. */
function readFields(lines: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  let name: string | undefined;
  for (const raw of lines) {
    const line = raw.trim();
    const begin = BEGIN.exec(line);
    if (begin) name = begin[1];
    else if (line === END || /^#{1,6}\s/.test(line)) name = undefined;
    else if (name !== undefined) found.set(name, `${found.get(name) ?? ''}${line}\n`);
  }
  return found;
}

const isAnswer = (text: string): boolean => !/\bTODO\b/.test(text) && /\p{L}{2}/u.test(text);
const cells = (line: string): string[] =>
  line
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

/** At least one row under the heads says what, who and until when; or it says that there is nothing to do, and why. */
function areActions(text: string): boolean {
  const lines = text.split('\n').filter((line) => line !== '');
  if (/^none: ?\S/i.test(lines[0] ?? '')) return isAnswer(text);
  const rows = lines.filter((line) => line.startsWith('|')).slice(2);
  return (
    rows.length > 0 && rows.every((row) => cells(row).length >= 3 && cells(row).every((cell) => cell !== '' && !/\bTODO\b/.test(cell)))
  );
}

function runbookAnswer(text: string): RunbookAnswer {
  if (!isAnswer(text)) return 'unanswered';
  const said = text.toLowerCase().replace(/^[^a-z]+/, '');
  if (said.startsWith('updated')) return 'updated';
  if (/^not[ -]needed/.test(said)) return 'not-needed';
  return /^not[ -]yet/.test(said) ? 'not-yet' : 'unanswered';
}

/**
 * Reads a post-mortem. A field counts as completed when it holds words and no TODO.
 * @returns undefined when the text is no post-mortem of ours, or names no run
 */
export function checkPostMortem(text: string): (PostMortemCheck & { workflowId: string }) | undefined {
  const lines = text.split(/\r?\n/);
  const workflowId = lines.map((line) => HEAD.exec(line.trim())?.[1]).find((id) => id !== undefined);
  if (workflowId === undefined || !isRunId(workflowId)) return undefined;
  const found = readFields(lines);
  const runbook = runbookAnswer(found.get('runbook') ?? '');
  const isDone = (name: Field): boolean => {
    if (name === 'runbook') return runbook !== 'unanswered';
    return (name === 'action-items' ? areActions : isAnswer)(found.get(name) ?? '');
  };
  const missing = NAMES.filter((name) => !isDone(name));
  return { workflowId, completed: NAMES.length - missing.length, fields: NAMES.length, missing, runbook };
}
