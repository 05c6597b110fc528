import { asJson, distribution } from './distribution.ts';
import { groupsOf, verdictCounts } from './groups.ts';
import type { RunMeasures } from './measures.ts';
import type { RunsReport } from './model.ts';
import { speedsOf } from './sections.ts';
import { summaryOf, warningsOf } from './summary.ts';

/** The name of the format; it changes when a reader of the old one would misread the new one. */
export const RUNS_REPORT_FORMAT = 'breakwater.dev/runs-report/v1';

function runOf({ run, verdict, ...measures }: RunMeasures): Record<string, unknown> {
  const { experiment: _experiment, result: _result, ...facts } = run;
  const { victims, unmeasured, leftovers, returns, recoveries, detections, remediations, fullRecoveries, stops } = measures;
  return {
    ...facts,
    ...{ verdict, victims, unmeasured, leftovers },
    victimBack: asJson(distribution(returns)),
    recovery: asJson(distribution(recoveries)),
    detection: asJson(distribution(detections)),
    remediation: asJson(distribution(remediations)),
    fullRecovery: asJson(distribution(fullRecoveries)),
    stop: asJson(distribution(stops)),
  };
}

/** The report over many runs for machines. Times are epoch milliseconds; what did not come in time is null and counted in `notInTime`. */
export function renderRunsJson(report: RunsReport): string {
  const document = {
    format: RUNS_REPORT_FORMAT,
    answer: summaryOf(report),
    warnings: warningsOf(report),
    asked: Object.fromEntries(report.scope.asked),
    asOfMs: report.scope.asOfMs,
    isCut: report.scope.isCut,
    measures: Object.fromEntries(speedsOf(report).map(([what, spread]) => [what, asJson(spread)])),
    groups: groupsOf(report).map(({ name, service, environment, runs }) => ({
      ...{ name, service, environment },
      verdicts: Object.fromEntries(verdictCounts(runs)),
      recovery: asJson(distribution(runs.flatMap(({ recoveries }) => recoveries))),
    })),
    scores: report.scores,
    runs: report.runs.map(runOf),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
