import type { RecordedSample } from '../records/ports.ts';
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

/** Everything but the samples. */
function documentOf(report: RunReport): Record<string, unknown> {
  const { run, events, limits } = report;
  return {
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
    // Buckets only where there are no samples that say more.
    signals: signalsOf(report).map(({ probe, unit, isFull, phases, buckets }) => ({
      probe,
      unit,
      isFull,
      phases,
      ...(!isFull && { buckets }),
    })),
    limits,
    faultWindows: faultWindows(events),
    decisions: events.filter(isDecision),
    events,
  };
}

/**
 * The report for machines, piece by piece, because the samples of a long run do not fit into one text: everything of the other formats, the raw
 * events, and the samples signal by signal. Times are epoch milliseconds.
 * @param pages as the records give them
 */
export async function* jsonPieces(report: RunReport, pages: AsyncIterable<readonly RecordedSample[]>): AsyncGenerator<string> {
  yield `${JSON.stringify(documentOf(report), null, 2).slice(0, -2)},\n  "samples": [`;
  let separator = '\n    ';
  for await (const page of pages) {
    if (page.length === 0) continue;
    yield separator + page.map((sample) => JSON.stringify(sample)).join(',\n    ');
    separator = ',\n    ';
  }
  yield '\n  ]\n}\n';
}
