import { parse as parseJson, printParseErrorCode, type ParseError } from 'jsonc-parser';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument as parseYaml, type Document, type Node, type Pair } from 'yaml';
import { ExperimentError, type Path } from './problem.ts';
import { placeIn } from './source.ts';
import { findObjections, startOf } from './yaml-checks.ts';

/** A text that became data and still knows where each part stands. */
export interface ParsedText {
  document: unknown;
  /** The place of a key or a value; of what is not there, the nearest thing around it. */
  locate(path: Path, at: 'key' | 'value'): { line: number; column: number };
}

/** The parser speaks of YAML's grammar; these say what to do. The first that fits counts. */
const REMEDIES: [code: RegExp, message: RegExp, remedy: string][] = [
  [/TAB_AS_INDENT/, /./, 'tabs cannot indent: use spaces'],
  [/MULTIPLE_DOCS/, /./, 'a second document begins here: write one experiment per file'],
  [/BLOCK_AS_IMPLICIT_KEY/, /./, "this text holds another ': ': put it in quotes, or indent the next line like its neighbours"],
  [/RESOURCE_EXHAUSTION/, /./, 'nested too deeply'],
  [/BAD_INDENT|MISSING_CHAR/, /^Flow/, 'a { or [ that was opened before is not closed here'],
  [/UNEXPECTED_TOKEN/, /node end|in flow/, 'this does not belong here: a quote or a comma is missing before it'],
];

const remedyOf = (code: string, message: string): string =>
  REMEDIES.find(([isCode, isMessage]) => isCode.test(code) && isMessage.test(message))?.[2] ??
  message.replaceAll(/\s+/g, ' ').slice(0, 160);

/** Line ends and what begins a value, an alias, an anchor or a tag. The largest experiment has some thousands; parsing a million would take seconds. */
const MOST_MARKS = 20_000;

/** Where the text begins to have more structure than any experiment, judged without parsing; undefined when it does not. */
function tooMuchAt(text: string): number | undefined {
  let marks = 0;
  for (const { index } of text.matchAll(/\n|(?<!\S)[*&!?-]|[,:]/g)) if (++marks > MOST_MARKS) return index;
  return undefined;
}

/** More brackets open at one time than any experiment has; the parser would take its time for them. */
const MOST_OPEN = 200;

/** Where the nesting goes too deep, judged without parsing; undefined when it does not. */
function tooDeepAt(text: string): number | undefined {
  let open = 0;
  for (const { 0: found, index } of text.matchAll(/[[{]|[\]}]|(?:[-?:] ){32}/g)) {
    if (found.length > 1) return index;
    open = found === '[' || found === '{' ? open + 1 : Math.max(0, open - 1);
    if (open > MOST_OPEN) return index;
  }
  return undefined;
}

/**
 * Parses YAML 1.2, of which JSON is a part. One document, no tags, no merge keys.
 * @param mustBeJson true for a `.json` file: what only YAML takes is refused
 * @throws ExperimentError with every syntax error and every forbidden construct
 */
export function parseText(text: string, fileName: string, mustBeJson: boolean): ParsedText {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(Math.max(0, offset));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const refuse = (problems: { path: Path; offset: number; message: string }[]): ExperimentError =>
    new ExperimentError(problems.map(({ path, offset, message }) => ({ file: fileName, ...place(offset), path, message })));
  for (const [offset, message] of [
    [tooMuchAt(text), 'too many entries from the start to here: this is not an experiment file'],
    [tooDeepAt(text), 'nested too deeply'],
  ] as const)
    if (offset !== undefined) throw new ExperimentError([{ file: fileName, ...placeIn(text, offset), path: [], message }]);
  const yaml = parseYaml(text, {
    lineCounter: lines,
    version: '1.2',
    schema: 'core',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  const objections = yaml.errors.map(({ code, message, pos }) => ({ path: [], offset: pos[0], message: remedyOf(code, message) }));
  const problems = objections.length > 0 ? objections.slice(0, 1) : findObjections(yaml, lines);
  if (mustBeJson && problems.length === 0) problems.push(...jsonObjections(text));
  if (problems.length > 0) throw refuse(problems);
  return { document: yaml.toJS({ maxAliasCount: -1 }) as unknown, locate: (path, at) => place(offsetOf(yaml, path, at)) };
}

/** What only YAML takes in a `.json` file, the first such place. Not JSON.parse: it tells the position in words, and not always. */
function jsonObjections(text: string): { path: Path; offset: number; message: string }[] {
  const errors: ParseError[] = [];
  parseJson(text, errors, { disallowComments: true, allowTrailingComma: false });
  return errors.slice(0, 1).map(({ error, offset }) => ({ path: [], offset, message: `not JSON: ${inWords(printParseErrorCode(error))}` }));
}

/** `PropertyNameExpected` → `property name expected`. */
const inWords = (code: string): string => code.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();

function offsetOf(yaml: Document.Parsed, path: Path, at: 'key' | 'value'): number {
  let node: Node | null | undefined = yaml.contents;
  let offset = startOf(node);
  for (const [i, part] of path.entries()) {
    const container: Node | null | undefined = isAlias(node) ? node.resolve(yaml) : node;
    if (isSeq(container)) {
      if (!(part in container.items)) return offset;
      node = container.items[part as number] as Node | null;
      offset = startOf(node);
    } else if (isMap(container)) {
      const pair: Pair<Node, Node | null> | undefined = (container.items as Pair<Node, Node | null>[]).find(
        ({ key }) => isScalar(key) && String(key.value) === String(part),
      );
      if (!pair) return offset;
      const isLast = i === path.length - 1;
      node = pair.value;
      const isEmpty = isScalar(node) && node.value === null;
      const wantsValue = isLast && at === 'value' && !isEmpty && node;
      offset = wantsValue ? startOf(node) : startOf(pair.key);
    } else return offset;
  }
  return offset;
}
