import { answer } from './answer.ts';
import { BUSINESS_HEADS, businessRows, namesBusiness, NO_BUSINESS } from './business.ts';
import { icon } from './chart.ts';
import { describeData, isDecision } from './describe-data.ts';
import { place, quantity } from './format.ts';
import { frameOf, type PlotFrame } from './frame.ts';
import { iterationRows } from './iterations.ts';
import { learningSentences } from './learning.ts';
import { COMPARISON_HEADS, comparisonRows, IMPACT_HEADS, impactRows, recoverySentence } from './measure-rows.ts';
import { markup, type Markup } from './markup.ts';
import type { RunReport } from './model.ts';
import { factTable, length, page, section, table, time, verdictChip, type Cell } from './page.ts';
import { renderPlot } from './plot.ts';
import { runFacts } from './run-facts.ts';
import { countsOf, KEPT_LEAST, KEPT_LESS, signalsOf, type Signal } from './signals.ts';
import { victimRows } from './victims.ts';

function head(report: RunReport): Markup {
  const { verdict, sentence, reason, leftovers } = answer(report);
  const left = leftovers.map((what) => markup`<li>${what}</li>`);
  const alarm = left.length
    ? markup`<div class="leftovers"><strong>Could not be undone. A person must look:</strong><ul>${left}</ul></div>`
    : undefined;
  return markup`<header><h1>${report.run.name} ${verdictChip(verdict)}</h1>
<p class="answer">${sentence}</p><p class="reason">Reason: ${reason}</p>${alarm}
${factTable(runFacts(report))}</header>\n`;
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
    events.map(({ atMs, wave, iteration, kind, data }) => [time(atMs), place(wave, iteration) || '–', kind, describeData(data) || '–']),
    none,
  );

function figure(signal: Signal, report: RunReport, frame: PlotFrame): Markup {
  const limits = Object.hasOwn(report.limits, signal.probe) ? (report.limits[signal.probe] ?? []) : [];
  const { unit, isFull, buckets } = signal;
  const rows = signal.phases.map(({ phase, min, median, max, ...counts }): Cell[] => [
    ...[phase, quantity(min, unit), quantity(median, unit), quantity(max, unit), countsOf(counts)],
  ]);
  const kept = isFull ? undefined : markup`<p class="note">${buckets.length ? KEPT_LESS : KEPT_LEAST}</p>`;
  const plot = buckets.length ? renderPlot(signal, limits, frame) : undefined;
  return markup`<figure><figcaption><h3>${signal.probe}${unit ? ` (${unit})` : ''}</h3></figcaption>\n${plot}${kept}
${table(['Phase', 'Lowest', 'Median', 'Highest', 'Samples'], rows, '', 'compact')}</figure>\n`;
}

const LEGEND: readonly (readonly [kind: string, words: string])[] = [
  ['band', 'baseline of the iteration, 5th to 95th percentile'],
  ['fault', 'a fault was live'],
  ['limit steady-state', 'steady state'],
  ['limit stop', 'stop condition'],
  ['mark wave', 'a wave began'],
  ['problem', 'an answer without a value'],
];

const ICON_LEGEND = [
  ['victim', 'a victim was hit'],
  ['stop', 'stopped'],
  ['recovered', 'steady state is proven to be back'],
  ['not-recovered', 'it was not back in time'],
] as const;

const key = (kind: string): Markup =>
  markup`<svg class="key" viewBox="0 0 24 12" width="24" height="12" aria-hidden="true">${
    kind === 'band' || kind === 'fault'
      ? markup`<rect class="${kind}" width="24" height="12"/>`
      : kind === 'mark wave' || kind === 'problem'
        ? markup`<line class="${kind}" x1="12" x2="12" y1="0" y2="12"/>`
        : markup`<line class="${kind}" x1="0" x2="24" y1="6" y2="6"/>`
  }</svg>`;

function plots(report: RunReport): Markup {
  const signals = signalsOf(report);
  if (signals.length === 0) return markup`<p class="note">No samples were recorded.</p>`;
  const frame = frameOf(report);
  const entries = [
    ...LEGEND.map(([kind, words]) => markup`<li>${key(kind)} ${words}</li>`),
    ...ICON_LEGEND.map(([kind, words]) => markup`<li>${icon(kind)} ${words}</li>`),
  ];
  return markup`<ul class="legend">${entries}<li>times in UTC</li></ul>${signals.map((signal) => figure(signal, report, frame))}`;
}

const measures = (report: RunReport): Markup[] => [
  markup`<p>${recoverySentence(report)}</p>`,
  table(IMPACT_HEADS, impactRows(report), 'No signal was measured both before and under a fault.'),
];

/** The report of one run as a page: verdict and answer first, then what was done, what the signals did, and why. */
export function renderHtml(report: RunReport): string {
  const { events, run } = report;
  return page(`${run.name}: ${answer(report).verdict}`, [
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
  ]);
}
