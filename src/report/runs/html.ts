import { icon } from '../chart.ts';
import { markup, type Markup } from '../markup.ts';
import { factTable, page, section, table, verdictChip } from '../page.ts';
import { groupsOf } from './groups.ts';
import type { RunsReport } from './model.ts';
import { SECTIONS, type Section } from './sections.ts';
import { scopeFacts, summaryOf, warningsOf } from './summary.ts';
import { renderTrend } from './trend.ts';

/** Plots of one page; the tables have them all. */
const MOST_TRENDS = 40;

export const TITLE = 'Breakwater runs';

function head(report: RunsReport): Markup {
  const warnings = warningsOf(report).map((text) => markup`<li>${text}</li>`);
  return markup`<header><h1>${TITLE}</h1><p class="answer">${summaryOf(report)}</p>
${warnings.length ? markup`<ul class="warnings">${warnings}</ul>` : undefined}${factTable(scopeFacts(report))}</header>\n`;
}

function draw({ title, note, heads, rows, none, verdictColumn }: Section): Markup {
  const cells = rows.map((row) => row.map((cell, i) => (i === verdictColumn ? verdictChip(cell) : cell)));
  return section(title, [...(note === undefined ? [] : [markup`<p class="note">${note}</p>`]), table(heads, cells, none)]);
}

function trends(report: RunsReport): Markup {
  const drawn = groupsOf(report).flatMap((group) => {
    const plot = renderTrend(group);
    return plot
      ? [markup`<figure><figcaption><h3>${group.name}: ${group.service} in ${group.environment}</h3></figcaption>${plot}</figure>\n`]
      : [];
  });
  if (drawn.length === 0) return section('Trend of recovery', markup`<p class="note">No recovery was measured.</p>`);
  const legend = markup`<p class="note">Each run from the median of its victims (dot) over 90 % (stroke) to the worst; ${icon('not-recovered')} a victim was not back in time. Times in UTC.</p>`;
  const rest =
    drawn.length > MOST_TRENDS
      ? markup`<p class="note">${drawn.length - MOST_TRENDS} more experiments are only in the tables.</p>`
      : undefined;
  return section('Trend of recovery', markup`${legend}${drawn.slice(0, MOST_TRENDS)}${rest}`);
}

/** The report over many runs as a page: what they say together first. */
export function renderRunsHtml(report: RunsReport): string {
  const [verdicts, ...others] = SECTIONS.map((of) => draw(of(report)));
  return page(TITLE, [head(report), ...(verdicts ? [verdicts] : []), trends(report), ...others]);
}
