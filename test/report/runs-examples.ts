import type { ServiceScore } from '../../src/domain/score.ts';
import type { RunEvent, RunRecord } from '../../src/records/ports.ts';
import { MEASURED_KINDS, buildRunsReport, type RunsReport } from '../../src/report/runs/index.ts';
import { events, run, T0 } from './examples.ts';

const DAY = 86_400_000;
const hit = (iteration: number, name: string) => ({
  ...{ wave: 'canary', iteration, id: `process:${name}`, name },
  injection: { outcome: 'injected', effect: { proven: true, evidence: 'gone' } },
});
const back = (iteration: number, inMs: number) => ({
  ...{ wave: 'canary', iteration, dryRun: false, outcome: 'held' },
  recovery: { kind: 'recovered', inMs, withinMs: 60_000, helpedBy: [] },
});
const lost = (iteration: number) => ({
  ...{ wave: 'canary', iteration, dryRun: false, outcome: 'not-recovered' },
  recovery: { kind: 'not-recovered', withinMs: 60_000, helpedBy: [], outside: [] },
});

/** Ended a day after each other; `recoveries` in milliseconds, null for one that did not come back, each with two victims. */
export function past(
  day: number,
  verdict: RunRecord['verdict'],
  recoveries: (number | null)[],
  change: Partial<RunRecord> = {},
): RunRecord {
  const { verdict: _verdict, ...rest } = run({
    workflowId: `kill.payment-worker.staging.${day}`,
    startedAtMs: T0 + day * DAY,
    closedAtMs: T0 + day * DAY + 600_000,
    timeScale: 1,
    reason: `because of day ${day}`,
    result: {
      leftovers: [],
      victims: recoveries.flatMap((_, i) => [hit(i, `worker-${i}-a`), hit(i, `worker-${i}-b`)]),
      iterations: recoveries.map((inMs, i) => (inMs === null ? lost(i) : back(i, inMs))),
      ...(verdict === 'aborted' && { stopLatencyMs: 40 + day }),
    },
    ...change,
  });
  return verdict === undefined ? rest : { ...rest, verdict };
}

export const history = (): RunRecord[] => [
  past(0, 'passed', [4_000, 5_000]),
  past(1, 'passed', [6_000, 9_000]),
  past(3, 'aborted', [20_000]),
  past(4, 'failed', [8_000, null]),
  past(5, 'passed', [3_000, 2_000], { name: 'broker-kill', service: 'orders' }),
  past(7, 'denied', [], { environment: 'production' }),
  past(8, 'passed', [3_500, 4_500]),
];

/** One service of two experiments, of which one has shown nothing yet. */
export const scored = (): ServiceScore[] => {
  const place = { service: 'payments', environment: 'staging' };
  const seen = { score: 72.46, covered: 1, planned: 2, passed: 4, failed: 1, scaled: 0, newestMs: T0 + 8 * DAY };
  const unseen = { score: null, covered: 0, planned: 1, passed: 0, failed: 0, scaled: 0, newestMs: null };
  return [
    {
      ...place,
      ...seen,
      planned: 3,
      experiments: [
        { name: 'payment-worker-kill', ...place, ...seen },
        { name: 'new', ...place, ...unseen },
      ],
    },
  ];
};

/** The newest run's events are those of a run that was stopped by a breach. */
export const runsReport = (runs: RunRecord[] = history(), isCut = false): RunsReport => {
  const measured = events().filter(({ kind }) => (MEASURED_KINDS as readonly string[]).includes(kind));
  const told = new Map<string, RunEvent[]>([['kill.payment-worker.staging.3', measured]]);
  const scope = {
    asked: [
      ['Service', 'payments'],
      ['Since', '2026-11-01 00:00:00.000 UTC'],
    ],
    asOfMs: T0 + 9 * DAY,
    isCut,
  } as const;
  return buildRunsReport(runs, told, scope, scored());
};
