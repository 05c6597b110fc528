import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument as parseYaml, type Document, type Node, type Pair } from 'yaml';
import { ExperimentError, type Path } from './problem.ts';
import { findObjections, startOf } from './yaml-checks.ts';

/** A text that became data and still knows where each part stands. */
export interface ParsedText {
  document: unknown;
  /** The place of a key or a value; of what is not there, the nearest thing around it. */
  locate(path: Path, at: 'key' | 'value'): { line: number; column: number };
}

/** The parser speaks of YAML's grammar; these say what to do. */
const REMEDIES: Record<string, string> = {
  TAB_AS_INDENT: 'tabs cannot indent: use spaces',
  MULTIPLE_DOCS: 'a second document begins here: write one experiment per file',
  BLOCK_AS_IMPLICIT_KEY: "a second ': ' in one line: put the text in quotes, or the key in a line of its own",
  RESOURCE_EXHAUSTION: 'nested too deeply',
};

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
  const yaml = parseYaml(text, { lineCounter: lines, version: '1.2', schema: 'core', merge: false, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  const objections = yaml.errors.map(({ code, message, pos }) => ({ path: [], offset: pos[0], message: REMEDIES[code] ?? message.replaceAll(/\s+/g, ' ').slice(0, 160) }));
  const problems = objections.length > 0 ? objections.slice(0, 1) : findObjections(yaml, lines);
  if (mustBeJson && problems.length === 0) problems.push(...jsonObjections(text));
  if (problems.length > 0) throw new ExperimentError(problems.map(({ path, offset, message }) => ({ file: fileName, ...place(offset), path, message })));
  return { document: yaml.toJS({ maxAliasCount: -1 }) as unknown, locate: (path, at) => place(offsetOf(yaml, path, at)) };
}

/** The first error of a JSON text; the parser tells its position only in words. */
function jsonObjections(text: string): { path: Path; offset: number; message: string }[] {
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = /at position (\d+)/.exec(message)?.[1];
    return [{ path: [], offset: position === undefined ? text.length : Number(position), message: `not JSON: ${message.replace(/,? *(in JSON )?at position.*$|, ".*$/s, '')}` }];
  }
}

function offsetOf(yaml: Document.Parsed, path: Path, at: 'key' | 'value'): number {
  let node: Node | null | undefined = yaml.contents;
  let offset = startOf(node);
  for (const [i, part] of path.entries()) {
    const container = isAlias(node) ? node.resolve(yaml) : node;
    if (isSeq(container)) {
      if (!(part in container.items)) return offset;
      node = container.items[part as number] as Node | null;
      offset = startOf(node);
    } else if (isMap(container)) {
      const pair = (container.items as Pair<Node, Node | null>[]).find(({ key }) => isScalar(key) && String(key.value) === String(part));
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
