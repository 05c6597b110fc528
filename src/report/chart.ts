import { scaleLinear, scaleUtc } from 'd3-scale';
import { quantity } from './format.ts';
import { markup, type Markup } from './markup.ts';

/**
 * The drawing inside of a chart is stretched to the width of the page; everything that must keep its shape (text, icons) lies over it as HTML,
 * at a share of the width and height. So a plot can be read on a phone as on a wall.
 */
export const AREA = { width: 1_000, height: 200 };

export const px = (value: number): string => Number(value.toFixed(1)).toString();
/** A place over the drawing, as CSS. */
export const leftAt = (x: number): string => `left:${px((x / AREA.width) * 100)}%`;
export const topAt = (y: number): string => `top:${px((y / AREA.height) * 100)}%`;
/** Text beside a place: to the right of it, or to the left near the right edge. */
export const besideAt = (x: number): string => (x > AREA.width * 0.7 ? `right:${px(100 - (x / AREA.width) * 100)}%` : leftAt(x));

/** Milliseconds to the width of the drawing. */
export const timeScale = (fromMs: number, toMs: number) =>
  scaleUtc()
    .domain([fromMs, Math.max(toMs, fromMs + 1)])
    .range([0, AREA.width]);

/** Values to the height of the drawing; zero is always on it. */
export function valueScale(values: readonly number[]) {
  const [low, high] = [values.reduce((a, b) => Math.min(a, b), 0), values.reduce((a, b) => Math.max(a, b), 0)];
  const scale = scaleLinear().range([AREA.height, 0]);
  return scale.domain([low, high > low ? high : low + 1]).nice(4);
}

export type TimeScale = ReturnType<typeof timeScale>;
export type ValueScale = ReturnType<typeof valueScale>;

/** Lines and numbers of the value axis. */
export function valueAxis(
  y: ValueScale,
  label: (value: number) => string = (value) => quantity(value),
): { lines: Markup[]; texts: Markup[] } {
  const ticks = y.ticks(4);
  return {
    lines: ticks.map((tick) => markup`<line class="grid" x1="0" x2="${AREA.width}" y1="${px(y(tick))}" y2="${px(y(tick))}"/>`),
    texts: ticks.map((tick) => markup`<span class="tick" style="${topAt(y(tick))}">${label(tick)}</span>`),
  };
}

const DAY_MS = 86_400_000;

/** As much of a time as tells neighbours apart, on a clock of 24 hours: `11-24`, `20:10`, `20:10:30` or `30.500`. */
function timeLabel(atMs: number, stepMs: number): string {
  const iso = new Date(atMs).toISOString();
  if (stepMs >= DAY_MS) return iso.slice(stepMs >= 28 * DAY_MS ? 0 : 5, stepMs >= 28 * DAY_MS ? 7 : 10);
  if (atMs % DAY_MS === 0) return iso.slice(5, 10);
  if (stepMs >= 60_000) return iso.slice(11, 16);
  return stepMs >= 1_000 ? iso.slice(11, 19) : iso.slice(17, 23);
}

/** Times below the drawing, in UTC; every other one gives way on a narrow page. */
export function timeAxis(x: TimeScale): Markup[] {
  const ticks = x.ticks(6).map(Number);
  const stepMs = (ticks[1] ?? Infinity) - (ticks[0] ?? 0);
  const inside = ticks.filter((tick) => x(tick) > 25 && x(tick) < AREA.width - 25);
  return inside.map(
    (tick, i) => markup`<span class="tick${i % 2 ? ' minor' : ''}" style="${leftAt(x(tick))}">${timeLabel(tick, stepMs)}</span>`,
  );
}

const ICONS = {
  victim: 'M1 2h10L6 11z',
  stop: 'M2 2h8v8H2z',
  recovered: 'M1 6l4 4 6-8',
  'not-recovered': 'M2 2l8 8M10 2l-8 8',
} as const;

export type IconName = keyof typeof ICONS;

/** Drawn, because not every device has the characters. */
export const icon = (name: IconName): Markup =>
  markup`<svg class="icon ${name}" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;

/** A drawing with what lies over it and the axes around it. `name` says in words what it shows. */
export function chart(name: string, parts: { drawing: Markup[]; over: Markup[]; values: Markup[]; times: Markup[] }): Markup {
  return markup`<div class="chart" role="img" aria-label="${name}"><div class="values">${parts.values}</div><div class="area">
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${AREA.width} ${AREA.height}" preserveAspectRatio="none" aria-hidden="true">${parts.drawing}</svg>
${parts.over}</div><div class="zone">UTC</div><div class="times">${parts.times}</div></div>`;
}
