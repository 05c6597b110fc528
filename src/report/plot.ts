import { scaleLinear, scaleUtc } from 'd3-scale';
import { line } from 'd3-shape';
import type { FaultWindow } from './fault-windows.ts';
import { place, quantity, utc } from './format.ts';
import type { Limit } from './limits.ts';
import { markup, type Markup } from './markup.ts';
import type { Signal } from './signals.ts';
import { thin, type Point } from './thin.ts';

/** What all plots of a report share, so that they can be read one below the other. Times in epoch milliseconds. */
export interface PlotFrame {
  fromMs: number;
  toMs: number;
  windows: readonly FaultWindow[];
  /** Where a wave's iteration begins. */
  marks: readonly { atMs: number; label: string }[];
}

const SIZE = { width: 720, height: 220, left: 58, right: 14, top: 34, bottom: 26 };
const INNER = { right: SIZE.width - SIZE.right, bottom: SIZE.height - SIZE.bottom };
const px = (value: number): string => value.toFixed(1);
const short = (text: string): string => (text.length > 18 ? `${text.slice(0, 17)}…` : text);

type Scale = (value: number) => number;

function drawWindows(frame: PlotFrame, x: Scale): Markup[] {
  return frame.windows.map(({ wave, iteration, fromMs, toMs }) => {
    const [left, right] = [x(fromMs), x(toMs ?? frame.toMs)];
    const title = `fault live, ${place(wave, iteration)}: ${utc(fromMs)} to ${toMs === undefined ? 'unknown' : utc(toMs)}`;
    return markup`<rect class="fault" x="${px(left)}" y="${SIZE.top}" width="${px(Math.max(1, right - left))}" height="${INNER.bottom - SIZE.top}"><title>${title}</title></rect>`;
  });
}

/** Labels alternate between two lines, because short waves are close together; near the right edge they end at their mark. */
const drawMarks = (frame: PlotFrame, x: Scale): Markup[] =>
  frame.marks.map(({ atMs, label }, i) => {
    const at = px(x(atMs));
    const anchor = x(atMs) > INNER.right - 110 ? 'end' : 'start';
    const words = markup`<text class="mark-label" x="${at}" y="${12 + (i % 2) * 12}" text-anchor="${anchor}">${short(label)}</text>`;
    return markup`<line class="mark" x1="${at}" x2="${at}" y1="${SIZE.top - 4}" y2="${INNER.bottom}"/>${words}`;
  });

function drawLimits(limits: readonly Limit[], frame: PlotFrame, x: Scale, y: Scale): Markup[] {
  return limits.map(({ label, value, direction, fromMs, toMs }) => {
    const [left, right, at] = [x(Math.max(fromMs ?? frame.fromMs, frame.fromMs)), x(Math.min(toMs ?? frame.toMs, frame.toMs)), y(value)];
    const text = `${label} ${direction === 'above' ? '≤' : '≥'} ${quantity(value)}`;
    const isWhole = fromMs === undefined;
    const words = isWhole
      ? markup`<text class="limit-label" x="${px(right)}" y="${px(direction === 'above' ? at - 4 : at + 11)}">${text}</text>`
      : undefined;
    return markup`<line class="limit" x1="${px(left)}" x2="${px(right)}" y1="${px(at)}" y2="${px(at)}"><title>${text}</title></line>${words}`;
  });
}

function drawAxes(x: ReturnType<typeof timeScale>, y: ReturnType<typeof valueScale>): Markup[] {
  const format = x.tickFormat();
  const times = x.ticks(6).map((tick) => markup`<text class="tick x" x="${px(x(tick))}" y="${INNER.bottom + 16}">${format(tick)}</text>`);
  const values = y.ticks(4).map((tick) => {
    const at = px(y(tick));
    return markup`<line class="grid" x1="${SIZE.left}" x2="${INNER.right}" y1="${at}" y2="${at}"/><text class="tick y" x="${SIZE.left - 6}" y="${at}" dy="4">${quantity(tick)}</text>`;
  });
  return [...values, ...times, markup`<text class="tick zone" x="4" y="${INNER.bottom + 16}">UTC</text>`];
}

const timeScale = ({ fromMs, toMs }: PlotFrame) =>
  scaleUtc()
    .domain([fromMs, Math.max(toMs, fromMs + 1)])
    .range([SIZE.left, INNER.right]);

function valueScale(points: readonly Point[], limits: readonly Limit[]) {
  const values = [...points.flatMap(({ value }) => (value === null ? [] : [value])), ...limits.map(({ value }) => value)];
  const [low, high] = [values.reduce((a, b) => Math.min(a, b), 0), values.reduce((a, b) => Math.max(a, b), 0)];
  const scale = scaleLinear().range([INNER.bottom, SIZE.top]);
  return scale.domain([low, high > low ? high : low + 1]).nice(4);
}

/** A cross on the time axis for each answer without a value: a gap must not look like calm. */
const drawProblems = ({ samples }: Signal, columnMs: number, x: Scale): Markup[] => {
  const problems = samples.flatMap(({ atMs, measurement }) =>
    measurement.kind === 'value' ? [] : [{ atMs, text: `${measurement.kind}: ${measurement.reason}` }],
  );
  const columns = new Map(problems.map((problem) => [Math.floor(problem.atMs / Math.max(columnMs, 1)), problem]));
  return [...columns.values()].map(
    ({ atMs, text }) =>
      markup`<text class="problem" x="${px(x(atMs))}" y="${INNER.bottom - 2}">×<title>${utc(atMs)} ${text}</title></text>`,
  );
};

/** One signal over the whole run, with its limits, the fault windows and the beginnings of the waves, as an SVG element. */
export function renderPlot(signal: Signal, limits: readonly Limit[], frame: PlotFrame): Markup {
  const columnMs = (frame.toMs - frame.fromMs) / (INNER.right - SIZE.left);
  const all = signal.samples.map(({ atMs, measurement }): Point => ({
    atMs,
    value: measurement.kind === 'value' ? measurement.value : null,
  }));
  const points = thin(all, columnMs);
  const [x, y] = [timeScale(frame), valueScale(points, limits)];
  const path = line<Point>(
    ({ atMs }) => x(atMs),
    ({ value }) => y(value ?? 0),
  )
    .defined(({ value }) => value !== null)
    .digits(1);
  const name = `${signal.probe}${signal.unit ? ` (${signal.unit})` : ''} over time, ${all.length} samples`;
  const layers = [drawWindows(frame, x), drawAxes(x, y), drawMarks(frame, x), drawLimits(limits, frame, x, y)];
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${name}">
<title>${name}</title>${layers}<path class="signal" d="${path(points) ?? ''}"/>${drawProblems(signal, columnMs, x)}</svg>`;
}
