import { answer } from './answer.ts';
import { isDecision } from './describe-data.ts';
import { businessMeasures } from './business.ts';
import { faultWindows, stopLatencies } from './fault-windows.ts';
import { iterationRows } from './iterations.ts';
import { impacts, recoveryMeasure } from './measures.ts';
import type { RunReport } from './model.ts';
import { stopLatencyMs } from './run-facts.ts';
import { signalsOf } from './signals.ts';
import { victimRows } from './victims.ts';

/** The name of the format; it changes when a reader of the old one would misread the new one. */
export const REPORT_FORMAT = 'breakwater.dev/report/v1';

/** The report for machines: everything of the other formats, and the raw events and samples. Times are epoch milliseconds. */
export function renderJson(report: RunReport): string {
  const { run, events, samples, limits } = report;
  const document = {
    format: REPORT_FORMAT,
    answer: answer(report),
    run,
    stopLatencyMs: stopLatencyMs(report) ?? null,
    stops: stopLatencies(events),
    waves: iterationRows(report),
    comparisons: events.filter(({ kind }) => kind === 'compared').map(({ data }) => data),
    waveVerdicts: events.filter(({ kind }) => kind === 'wave-judged').map(({ data }) => data),
    measures: {
      impact: impacts(report),
      recovery: recoveryMeasure(report) ?? null,
      business: businessMeasures(report),
      learning: report.learning ?? null,
    },
    victims: victimRows(report),
    signals: signalsOf(report).map(({ probe, unit, phases }) => ({ probe, unit, phases })),
    limits,
    faultWindows: faultWindows(events),
    decisions: events.filter(isDecision),
    events,
    samples,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
