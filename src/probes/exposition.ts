import { parseNumber } from './answer.ts';

/** One sample of a scrape. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
  /** Epoch milliseconds, when the exporter says so. */
  timestampMs?: number;
}

/** What one scrape said. */
export interface Exposition {
  samples: Sample[];
  /** Families by name (from `# TYPE` and `# HELP`), with their type; they exist before their first sample does. */
  families: Map<string, string>;
}

const DESCRIPTOR = /^#[ \t]+(TYPE|HELP|UNIT)[ \t]+([a-zA-Z_:][a-zA-Z0-9_:]*)(?:[ \t]+(.*))?$/;
const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\\n]|\\.)*)"[ \t]*(,|(?=\}))/y;
const REST = /^[ \t]+(\S+)(?:[ \t]+(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?))?[ \t]*( # .*)?$/;
const ESCAPES: Record<string, string> = { '\\n': '\n', '\\"': '"', '\\\\': '\\' };

const unescape = (text: string): string => text.replace(/\\./g, (pair) => ESCAPES[pair] ?? pair);

/**
 * Parses the Prometheus text format 0.0.4 and OpenMetrics 1.0 (told apart by the content type or by `# EOF`).
 * Strict: one line that is neither a sample nor a comment spoils the scrape, because half an answer may be a wrong one.
 * Our own, because the parsers on npm (parse-prometheus-text-format 1.1.1 and its copies) know no OpenMetrics and skip what they can't read.
 * @throws Error that names the line
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/ and https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export function parseExposition(text: string, contentType = ''): Exposition {
  const lines = text.replace(/\r\n/g, '\n').split('\n');
  const end = lines.findIndex((line) => line === '# EOF');
  const isOpenMetrics = end >= 0 || contentType.includes('openmetrics');
  if (isOpenMetrics && end < 0) throw new Error('the scrape is cut off: OpenMetrics ends with # EOF');
  if (isOpenMetrics && lines.slice(end + 1).some((line) => line !== '')) throw new Error(`line ${end + 2}: nothing may follow # EOF`);
  const exposition: Exposition = { samples: [], families: new Map() };
  lines.forEach((line, index) => readLine(line.trim(), index + 1, isOpenMetrics ? 1_000 : 1, exposition));
  return exposition;
}

function readLine(line: string, number: number, msPerTick: number, { samples, families }: Exposition): void {
  if (line === '') return;
  if (!line.startsWith('#')) {
    samples.push(readSample(line, number, msPerTick));
    return;
  }
  const [, keyword, name, rest = ''] = DESCRIPTOR.exec(line) ?? [];
  if (name === undefined) return;
  if (keyword === 'TYPE') families.set(name, rest.trim());
  else if (!families.has(name)) families.set(name, 'unknown');
}

function readSample(line: string, number: number, msPerTick: number): Sample {
  const bad = (what: string): Error => new Error(`line ${number} is not a metric (${what}): '${line.slice(0, 60)}'`);
  NAME.lastIndex = 0;
  const name = NAME.exec(line)?.[0];
  if (name === undefined) throw bad('no name');
  const { labels, end } = readLabels(line, name.length, bad);
  const [, text, ticks] = REST.exec(line.slice(end).replace(/^(?=\S)/, labels ? ' ' : '')) ?? [];
  const value = text === undefined ? undefined : parseNumber(text);
  if (value === undefined) throw bad('no value');
  return { name, labels: labels ?? {}, value, ...(ticks !== undefined && { timestampMs: Number(ticks) * msPerTick }) };
}

function readLabels(line: string, start: number, bad: (what: string) => Error): { labels?: Record<string, string>; end: number } {
  const open = /[ \t]*\{[ \t]*/y;
  open.lastIndex = start;
  if (!open.test(line)) return { end: start };
  const labels: Record<string, string> = {};
  let at = open.lastIndex;
  while (line[at] !== '}') {
    LABEL.lastIndex = at;
    const [all, name, value] = LABEL.exec(line) ?? [];
    if (all === undefined || name === undefined || value === undefined) throw bad('labels');
    if (Object.hasOwn(labels, name)) throw bad(`label ${name} twice`);
    Object.defineProperty(labels, name, { value: unescape(value), enumerable: true });
    at += all.length;
    while (line[at] === ' ' || line[at] === '\t') at++;
  }
  return { labels, end: at + 1 };
}
