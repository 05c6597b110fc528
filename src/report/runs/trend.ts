import { AREA, chart, icon, leftAt, px, timeAxis, timeScale, topAt, valueAxis, valueScale } from '../chart.ts';
import { duration, utc } from '../format.ts';
import { markup, type Markup } from '../markup.ts';
import { distribution, told, type Distribution } from './distribution.ts';
import type { RunGroup } from './groups.ts';
import type { RunMeasures } from './measures.ts';

/** Half the width of the stroke at the 90 %, in widths of the drawing. */
const HALF = 6;
/** Room at both sides of the drawing, as a share of the time shown. */
const MARGIN = 0.03;
const HALF_A_DAY_MS = 43_200_000;
/** A promise that would squeeze the runs to less than a fifth of the height is named at the edge instead. */
const FARTHEST = 5;
/** Above the slowest. */
const HEADROOM = 1.08;

interface Point extends Distribution {
  run: RunMeasures;
}

const finite = (ms: number | undefined): number[] => (ms !== undefined && Number.isFinite(ms) ? [ms] : []);

function drawRun({ run, count, open, median, p90, worst }: Point, x: (ms: number) => number, y: (ms: number) => number): Markup {
  const at = px(x(run.run.startedAtMs));
  const title = `${utc(run.run.startedAtMs)}, ${run.verdict}: median ${told(median)}, 90 % ${told(p90)}, worst ${told(worst)}, ${count} victims, ${open} not in time`;
  const [low] = finite(median);
  const high = Math.max(...finite(worst), ...finite(p90), ...finite(median), -Infinity);
  const isOpen = open > 0;
  const parts = [
    ...(low === undefined
      ? []
      : [markup`<line class="whisker" x1="${at}" x2="${at}" y1="${px(y(low))}" y2="${isOpen ? '0' : px(y(high))}"/>`]),
    ...finite(p90).map(
      (ms) =>
        markup`<line class="whisker" x1="${px(x(run.run.startedAtMs) - HALF)}" x2="${px(x(run.run.startedAtMs) + HALF)}" y1="${px(y(ms))}" y2="${px(y(ms))}"/>`,
    ),
    ...(low === undefined ? [] : [markup`<path class="point" d="M${at},${px(y(low))}h0"/>`]),
  ];
  return markup`<g>${parts}<title>${title}</title></g>`;
}

/** How recovery went from run to run: median, 90 % and worst of the victims of each. Undefined where no run of the group measured any. */
export function renderTrend({ name, environment, runs }: RunGroup): Markup | undefined {
  const points = runs.map((run): Point => ({ run, ...distribution(run.recoveries) })).filter(({ count }) => count > 0);
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return undefined;
  const [fromMs, toMs] = [first.run.run.startedAtMs, last.run.run.startedAtMs];
  const room = toMs > fromMs ? Math.max((toMs - fromMs) * MARGIN, 1_000) : HALF_A_DAY_MS;
  const x = timeScale(fromMs - room, toMs + room);
  const within = new Set(points.map(({ run }) => run.withinMs));
  const [promised] = within.size === 1 ? within : [];
  const seen = points.flatMap(({ median, p90, worst }) => [median, p90, worst].flatMap(finite));
  const isFar = promised !== undefined && seen.length > 0 && promised > FARTHEST * Math.max(...seen);
  const seconds = (ms: number): number => ms / 1_000;
  const scale = valueScale([...seen.map((ms) => ms * HEADROOM), ...(isFar ? [] : finite(promised))].map(seconds));
  const y = (ms: number): number => scale(seconds(ms));
  const { lines, texts } = valueAxis(scale, (value) => `${Number(value.toPrecision(4))} s`);
  const words = promised === undefined ? '' : `promised ≤ ${duration(promised)}`;
  const limit = (() => {
    if (promised === undefined) return { line: [], label: [] };
    if (isFar) return { line: [], label: [markup`<span class="limit-label far steady-state">off the scale: ${words}</span>`] };
    return {
      line: [markup`<line class="limit steady-state" x1="0" x2="${AREA.width}" y1="${px(y(promised))}" y2="${px(y(promised))}"/>`],
      label: [markup`<span class="limit-label steady-state below" style="${topAt(y(promised))}">${words}</span>`],
    };
  })();
  const missed = points
    .filter(({ open }) => open > 0)
    .map(
      ({ run, open }) =>
        markup`<span class="at not-recovered" style="${leftAt(x(run.run.startedAtMs))}" title="${`${open} not in time`}">${icon('not-recovered')}</span>`,
    );
  const label = `recovery of the victims of ${name} in ${environment} over ${points.length} runs, seconds`;
  return chart(label, {
    drawing: [...lines, ...limit.line, ...points.map((point) => drawRun(point, x, y))],
    over: [...limit.label, ...missed],
    values: texts,
    times: timeAxis(x),
  });
}
