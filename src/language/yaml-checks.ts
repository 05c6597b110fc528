import { isAlias, isMap, isScalar, isSeq, type Alias, type Document, type LineCounter, type Node, type Pair, type YAMLMap } from 'yaml';
import type { Path } from './problem.ts';

/** Something that a document must not hold although its syntax is good. `offset` is the place in the text. */
export interface Objection {
  path: Path;
  offset: number;
  message: string;
}

const DEEPEST = 32;
/** Values of the document with every alias written out. The largest experiment that fits its caps has far fewer. */
const MOST_VALUES = 20_000;
const MOST_ALIASES = 200;
const PLAIN_TAGS = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`));

/** Where a node begins in the text. */
export const startOf = (node: Node | null | undefined): number => node?.range?.[0] ?? 0;

/**
 * Walks the tree before it becomes data: duplicate keys, tags, alias bombs, circles, depth, keys that are no text.
 * An alias is walked where it is used, so that its cost is counted; the walk ends at the first excess.
 * Not left to the parser: its own check of duplicate keys takes quadratic time.
 */
export function findObjections(document: Document.Parsed, lines: LineCounter): Objection[] {
  const walk = new Walk(lines);
  walk.into(document.contents, [], []);
  return walk.objections;
}

class Walk {
  readonly objections: Objection[] = [];
  private readonly anchors = new Map<string, Node>();
  private readonly lines: LineCounter;
  private values = 0;
  private aliases = 0;
  private isOver = false;

  constructor(lines: LineCounter) {
    this.lines = lines;
  }

  /** @param via the alias through which we came: what stands behind it was judged where it was written */
  into(node: Node | null, path: Path, above: readonly Node[], via?: Alias): void {
    if (this.isOver || node === null) return;
    const excess = this.excess(path, node);
    if (excess !== undefined) return this.end(path, via ?? node, excess);
    if (isAlias(node)) return this.intoAlias(node, path, above);
    if (!via && 'anchor' in node && typeof node.anchor === 'string') this.anchors.set(node.anchor, node);
    if (!via && node.tag !== undefined && !PLAIN_TAGS.has(node.tag))
      this.object(path, node, `the tag ${node.tag.slice(0, 60)} is not read: write a plain value`);
    if (isMap(node)) this.intoMap(node, path, [...above, node], via);
    if (isSeq(node)) node.items.forEach((item, i) => this.into(item as Node | null, [...path, i], [...above, node], via));
  }

  private excess(path: Path, node: Node): string | undefined {
    this.values += 1;
    if (isAlias(node)) this.aliases += 1;
    if (path.length > DEEPEST) return `nested more than ${DEEPEST} levels deep`;
    if (this.aliases > MOST_ALIASES) return `more than ${MOST_ALIASES} aliases, those within aliases counted`;
    return this.values > MOST_VALUES ? `more than ${MOST_VALUES} values, aliases written out` : undefined;
  }

  private intoAlias(alias: Alias, path: Path, above: readonly Node[]): void {
    const target = this.anchors.get(alias.source);
    if (!target) return this.end(path, alias, `the alias *${alias.source} has no anchor before it`);
    if (above.includes(target)) return this.end(path, alias, `the alias *${alias.source} refers to a value that contains it`);
    this.into(target, path, above, alias);
  }

  private intoMap(map: YAMLMap, path: Path, above: readonly Node[], via?: Alias): void {
    const seen = new Map<string, Node>();
    for (const { key, value } of map.items as Pair<Node | null, Node | null>[]) {
      if (this.isOver) return;
      if (!isScalar<string | number | boolean | null>(key) || key.value === null) {
        if (!via) this.object(path, key ?? map, 'expected a text as the key');
        continue;
      }
      const name = String(key.value);
      const first = seen.get(name);
      if (!via && name === '__proto__') this.object([...path, name], key, 'this key is not allowed');
      if (!via && first)
        this.object([...path, name], key, `duplicate key; it was first given in line ${this.lines.linePos(startOf(first)).line}`);
      seen.set(name, first ?? key);
      this.into(value, [...path, name], above, via);
    }
  }

  private object(path: Path, node: Node, message: string): void {
    this.objections.push({ path, offset: startOf(node), message });
  }

  private end(path: Path, node: Node, message: string): void {
    this.isOver = true;
    this.object(path.slice(0, 4), node, message);
  }
}
