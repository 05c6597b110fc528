import { answer } from './answer.ts';
import { BUSINESS_HEADS, businessRows, namesBusiness, NO_BUSINESS } from './business.ts';
import { describeData, isDecision } from './describe-data.ts';
import { faultWindows } from './fault-windows.ts';
import { duration, place, quantity, utc } from './format.ts';
import { iterationRows } from './iterations.ts';
import { learningSentences } from './learning.ts';
import { COMPARISON_HEADS, comparisonRows, IMPACT_HEADS, impactRows, recoverySentence } from './measure-rows.ts';
import { Markup, markup } from './markup.ts';
import type { RunReport } from './model.ts';
import { renderPlot, type PlotFrame } from './plot.ts';
import { runFacts } from './run-facts.ts';
import { signalsOf, type Signal } from './signals.ts';
import { STYLE } from './style.ts';
import { victimRows } from './victims.ts';

type Cell = Markup | string | number | undefined;

function table(heads: readonly string[], rows: readonly (readonly Cell[])[], none: string): Markup {
  if (rows.length === 0) return markup`<p class="note">${none}</p>`;
  const head = heads.map((title) => markup`<th scope="col">${title}</th>`);
  const body = rows.map((cells) => markup`<tr>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>\n`);
  return markup`<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>\n${body}</tbody></table></div>`;
}

const time = (ms: number): Markup => markup`<time datetime="${new Date(ms).toISOString()}">${utc(ms)}</time>`;
const length = (ms: number | undefined): string => (ms === undefined ? '–' : duration(ms));
const section = (title: string, body: Markup | Markup[]): Markup => markup`<section><h2>${title}</h2>\n${body}</section>\n`;

function head(report: RunReport): Markup {
  const { verdict, sentence, reason, leftovers } = answer(report);
  const left = leftovers.map((what) => markup`<li>${what}</li>`);
  const alarm = left.length
    ? markup`<div class="leftovers"><strong>Could not be undone. A person must look:</strong><ul>${left}</ul></div>`
    : undefined;
  const facts = runFacts(report).map(([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>\n`);
  return markup`<header><h1>${report.run.name} <span class="verdict ${verdict}">${verdict}</span></h1>
<p class="answer">${sentence}</p><p class="reason">Reason: ${reason}</p>${alarm}
<table class="facts"><tbody>${facts}</tbody></table></header>\n`;
}

function waves(report: RunReport): Markup {
  const rows = iterationRows(report).map((row): Cell[] => [
    ...[place(row.wave, row.iteration), row.dryRun ? 'dry run' : 'live', row.startedAtMs === undefined ? '–' : time(row.startedAtMs)],
    ...[row.outcome, row.victims, length(row.faultMs), length(row.stopLatencyMs), row.recovery],
  ]);
  return table(['Wave', 'Kind', 'Began', 'Outcome', 'Victims', 'Fault lasted', 'Stop → undone', 'Recovery'], rows, 'No wave was begun.');
}

const victims = (report: RunReport): Markup =>
  table(
    ['Victim', 'Identity', 'Wave', 'Outcome', 'Undo', 'Evidence of the effect'],
    victimRows(report).map((row) => [
      row.name,
      row.identity,
      place(row.wave, row.iteration),
      row.outcome,
      row.undone || '–',
      row.evidence || '–',
    ]),
    'Nobody was hit.',
  );

const eventTable = (events: RunReport['events'], none: string): Markup =>
  table(
    ['Time', 'Wave', 'Event', 'Details'],
    events.map(({ atMs, wave, iteration, kind, data }) => [time(atMs), place(wave, iteration), kind, describeData(data)]),
    none,
  );

function frameOf(report: RunReport): PlotFrame {
  const { run, samples, events } = report;
  const times = [...samples, ...events].map(({ atMs }) => atMs).concat(run.closedAtMs ?? []);
  const marks = iterationRows(report).flatMap(({ wave, iteration, startedAtMs }) =>
    startedAtMs === undefined ? [] : [{ atMs: startedAtMs, label: place(wave, iteration) }],
  );
  const extreme = (pick: (a: number, b: number) => number): number => times.reduce(pick, times[0] ?? run.startedAtMs);
  return { fromMs: extreme((a, b) => Math.min(a, b)), toMs: extreme((a, b) => Math.max(a, b)), windows: faultWindows(events), marks };
}

function figure(signal: Signal, report: RunReport, frame: PlotFrame): Markup {
  const limits = Object.hasOwn(report.limits, signal.probe) ? (report.limits[signal.probe] ?? []) : [];
  const rows = signal.phases.map(({ phase, min, median, max, values, problems }): Cell[] => [
    ...[
      phase,
      quantity(min, signal.unit),
      quantity(median, signal.unit),
      quantity(max, signal.unit),
      `${values} values, ${problems} without`,
    ],
  ]);
  const unit = signal.unit ? ` (${signal.unit})` : '';
  return markup`<figure><h3>${signal.probe}${unit}</h3>\n${renderPlot(signal, limits, frame)}
${table(['Phase', 'Lowest', 'Median', 'Highest', 'Samples'], rows, '')}</figure>\n`;
}

function plots(report: RunReport): Markup {
  const signals = signalsOf(report);
  if (signals.length === 0) return markup`<p class="note">No samples were recorded.</p>`;
  const frame = frameOf(report);
  const legend = 'Dashed: limits. Shaded: a fault was live. Dotted: a wave began. ×: an answer without a value. Times in UTC.';
  return markup`<p class="note">${legend}</p>${signals.map((signal) => figure(signal, report, frame))}`;
}

const measures = (report: RunReport): Markup[] => [
  markup`<p>${recoverySentence(report)}</p>`,
  table(IMPACT_HEADS, impactRows(report), 'No signal was measured both before and under a fault.'),
];

/**
 * The report as one file that opens offline: no script, no request (its own policy forbids both). It is well-formed XML too,
 * so that a parser can check it.
 */
export function renderHtml(report: RunReport): string {
  const { events, run } = report;
  const body = [
    head(report),
    section('Waves', waves(report)),
    section('Comparisons', table(COMPARISON_HEADS, comparisonRows(report), 'The experiment compares nothing, or no wave came that far.')),
    section('Measures', measures(report)),
    ...(namesBusiness(report) ? [section('Business', table(BUSINESS_HEADS, businessRows(report), NO_BUSINESS))] : []),
    ...(report.learning
      ? [
          section(
            'Learning',
            learningSentences(run, report.learning).map((text) => markup`<p>${text}</p>`),
          ),
        ]
      : []),
    section('Victims', victims(report)),
    section('Signals', plots(report)),
    section('Decisions', eventTable(events.filter(isDecision), 'No decision was recorded.')),
    section('Timeline', eventTable(events, 'No event was recorded.')),
  ];
  return markup`<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>${run.name}: ${answer(report).verdict}</title><style>${new Markup(STYLE)}</style></head>
<body>${body}</body></html>\n`.text;
}
