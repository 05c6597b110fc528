import { cell, csvLine } from '../csv-line.ts';
import { asJson, distribution } from './distribution.ts';
import type { RunMeasures } from './measures.ts';
import type { RunsReport } from './model.ts';

const SPREAD = ['count', 'not_in_time', 'median_ms', 'p90_ms', 'worst_ms'];
const HEADS = [
  ...['started_utc', 'started_ms', 'ended_ms', 'run', 'experiment', 'service', 'environment', 'owner', 'requested_by', 'verdict', 'reason'],
  ...['time_scale', 'victims', 'not_measured', 'leftovers'],
  ...['victim_back', 'recovery', 'detection', 'remediation', 'full_recovery', 'stop'].flatMap((name) =>
    SPREAD.map((part) => `${name}_${part}`),
  ),
];

function cellsOf(measures: RunMeasures): (string | number | null | undefined)[] {
  const { run, verdict, victims, unmeasured, leftovers } = measures;
  const lists = [
    measures.returns,
    measures.recoveries,
    measures.detections,
    measures.remediations,
    measures.fullRecoveries,
    measures.stops,
  ];
  return [
    ...[new Date(run.startedAtMs).toISOString(), run.startedAtMs, run.closedAtMs, run.workflowId, run.name, run.service, run.environment],
    ...[run.owner, run.requestedBy, verdict, run.reason, run.timeScale, victims, unmeasured, leftovers],
    ...lists.flatMap((list) => Object.values(asJson(distribution(list)))),
  ];
}

/** One run a line (RFC 4180), oldest first. What did not come in time is an empty cell and counted beside it. */
export const renderRunsCsv = ({ runs }: RunsReport): string => [HEADS, ...runs.map((run) => cellsOf(run).map(cell))].map(csvLine).join('');
