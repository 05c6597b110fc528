import { area, line } from 'd3-shape';
import { AREA, besideAt, chart, icon, leftAt, px, timeAxis, timeScale, topAt, valueAxis, valueScale, type ValueScale } from './chart.ts';
import { columnsOf, withHoles, type Column } from './columns.ts';
import { place, quantity, utc } from './format.ts';
import { baselineBands, type BaselineBand, type PlotFrame } from './frame.ts';
import type { Limit } from './limits.ts';
import type { Mark } from './marks.ts';
import { markup, type Markup } from './markup.ts';
import type { Signal } from './signals.ts';

/** Columns of a plot: finer than this nobody sees, and a page of fifty signals stays small. */
const MOST_COLUMNS = 360;
/** A limit that would squeeze the signal to less than a fifth of the height is named at the edge instead. */
const FARTHEST = 5;
/** Least distances of labels, in widths of the drawing: on any page, and on a phone. */
const [ROOM, PHONE_ROOM] = [140, 340];

type Scale = (value: number) => number;

const rect = (kind: string, from: [x: number, y: number], to: [x: number, y: number], title: string): Markup =>
  markup`<rect class="${kind}" x="${px(from[0])}" y="${px(Math.min(from[1], to[1]))}" width="${px(Math.max(1.5, to[0] - from[0]))}" height="${px(Math.max(1, Math.abs(to[1] - from[1])))}"><title>${title}</title></rect>`;

const drawWindows = ({ windows, toMs: endMs }: PlotFrame, x: Scale): Markup[] =>
  windows.map(({ wave, iteration, fromMs, toMs }) => {
    const title = `fault live, ${place(wave, iteration)}: ${utc(fromMs)} to ${toMs === undefined ? 'unknown' : utc(toMs)}`;
    return rect('fault', [x(fromMs), 0], [x(toMs ?? endMs), AREA.height], title);
  });

const drawBands = (bands: readonly BaselineBand[], x: Scale, y: Scale): Markup[] =>
  bands.map(({ fromMs, toMs, low, high, label }) => rect('band', [x(fromMs), y(high)], [x(toMs), y(low)], label));

const textOf = ({ label, direction, value }: Limit): string => `${label} ${direction === 'above' ? '≤' : '≥'} ${quantity(value)}`;

function drawLimits(limits: readonly Limit[], frame: PlotFrame, x: Scale, y: Scale): Markup[] {
  return limits.map((limit) => {
    const [left, right] = [x(Math.max(limit.fromMs ?? frame.fromMs, frame.fromMs)), x(Math.min(limit.toMs ?? frame.toMs, frame.toMs))];
    const at = px(y(limit.value));
    return markup`<line class="limit ${limit.kind}" x1="${px(left)}" x2="${px(right)}" y1="${at}" y2="${at}"><title>${textOf(limit)}</title></line>`;
  });
}

/** Names of the limits of the whole run, at alternating ends where they are close together. Those off the scale are named at the top. */
function labelLimits(limits: readonly Limit[], far: readonly Limit[], y: ValueScale): Markup[] {
  const whole = limits.filter(({ fromMs }) => fromMs === undefined).sort((a, b) => y(a.value) - y(b.value));
  const near = whole.map((limit, i) => {
    const before = whole[i - 1];
    const isClose = before !== undefined && y(limit.value) - y(before.value) < 24;
    // At the top there are the icons.
    const side = `${isClose && i % 2 ? ' start' : ''}${limit.kind === 'steady-state' && y(limit.value) < 16 ? ' below' : ''}`;
    return markup`<span class="limit-label ${limit.kind}${side}" style="${topAt(y(limit.value))}">${textOf(limit)}</span>`;
  });
  const named = far.length ? `off the scale: ${far.map(textOf).join('; ')}` : undefined;
  return [...near, ...(named === undefined ? [] : [markup`<span class="limit-label far stop">${named}</span>`])];
}

const drawMarks = (marks: readonly Mark[], x: Scale): Markup[] =>
  marks.map(({ kind, atMs, label }) => {
    const at = px(x(atMs));
    return markup`<line class="mark ${kind}" x1="${at}" x2="${at}" y1="0" y2="${AREA.height}"><title>${label}</title></line>`;
  });

/** Names of the waves, as far as there is room; the line keeps its name. */
function labelWaves(marks: readonly Mark[], x: Scale): Markup[] {
  let [last, lastOnPhone] = [-Infinity, -Infinity];
  return marks
    .filter(({ kind }) => kind === 'wave')
    .flatMap(({ atMs, label }) => {
      const at = x(atMs);
      if (at - last < ROOM) return [];
      last = at;
      const isMinor = at - lastOnPhone < PHONE_ROOM;
      if (!isMinor) lastOnPhone = at;
      return [markup`<span class="wave-label${isMinor ? ' minor' : ''}" style="${besideAt(at)}">${label}</span>`];
    });
}

/** Icons of one kind at the same place of the page are one. */
function placeIcons(marks: readonly Mark[], x: Scale): Markup[] {
  const places = new Map<string, { at: number; kind: Exclude<Mark['kind'], 'wave'>; labels: string[] }>();
  for (const { kind, atMs, label } of marks) {
    if (kind === 'wave') continue;
    const key = `${kind} ${Math.round(x(atMs) / 12)}`;
    const found = places.get(key) ?? { at: x(atMs), kind, labels: [] };
    places.set(key, { ...found, labels: [...found.labels, label] });
  }
  return [...places.values()].map(
    ({ at, kind, labels }) => markup`<span class="at ${kind}" style="${leftAt(at)}" title="${labels.join('; ')}">${icon(kind)}</span>`,
  );
}

/** A stroke on the time axis for each answer without a value: a gap must not look like calm. */
const drawProblems = (columns: readonly Column[], x: Scale): Markup[] =>
  columns.flatMap(({ problem }) => {
    if (!problem) return [];
    const at = px(x(problem.atMs));
    return [
      markup`<line class="problem" x1="${at}" x2="${at}" y1="${AREA.height - 14}" y2="${AREA.height}"><title>${utc(problem.atMs)} ${problem.text}</title></line>`,
    ];
  });

function drawSignal(columns: readonly Column[], x: Scale, y: Scale): Markup[] {
  const isThere = ({ values }: Column): boolean => values > 0;
  const atX = ({ atMs }: Column): number => x(atMs);
  const range = area<Column>(
    atX,
    ({ min }) => y(min),
    ({ max }) => y(max),
  );
  const middle = line<Column>(atX, ({ mean }) => y(mean));
  const isWide = columns.some(({ values, min, max }) => values > 1 && max > min);
  return [
    ...(isWide ? [markup`<path class="range" d="${range.defined(isThere).digits(1)(columns) ?? ''}"/>`] : []),
    markup`<path class="signal" d="${middle.defined(isThere).digits(1)(columns) ?? ''}"/>`,
  ];
}

/** One signal over the whole run: its baselines, its limits, the fault windows, and what happened when. */
export function renderPlot(signal: Signal, limits: readonly Limit[], frame: PlotFrame): Markup {
  const columns = columnsOf(signal.buckets, (frame.toMs - frame.fromMs) / MOST_COLUMNS);
  const seen = columns.filter(({ values }) => values > 0).flatMap(({ min, max }) => [min, max]);
  const bands = baselineBands(signal, signal.unit);
  const farthest = seen.reduce((most, value) => Math.max(most, Math.abs(value)), 0) * FARTHEST;
  const isFar = ({ value }: Limit): boolean => farthest > 0 && Math.abs(value) > farthest;
  const [near, far] = [limits.filter((limit) => !isFar(limit)), limits.filter(isFar)];
  const x = timeScale(frame.fromMs, frame.toMs);
  const y = valueScale([...seen, ...near.map(({ value }) => value), ...bands.flatMap(({ low, high }) => [low, high])]);
  const { lines, texts } = valueAxis(y);
  const answers = signal.phases.reduce((sum, { values, problems }) => sum + values + problems, 0);
  const name = `${signal.probe}${signal.unit ? ` (${signal.unit})` : ''} over time, ${answers} samples`;
  return chart(name, {
    drawing: [
      ...[...drawWindows(frame, x), ...drawBands(bands, x, y), ...lines, ...drawMarks(frame.marks, x)],
      ...[...drawSignal(withHoles(columns), x, y), ...drawLimits(near, frame, x, y), ...drawProblems(columns, x)],
    ],
    over: [...labelWaves(frame.marks, x), ...labelLimits(near, far, y), ...placeIcons(frame.marks, x)],
    values: texts,
    times: timeAxis(x),
  });
}
