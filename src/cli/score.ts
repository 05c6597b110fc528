import type { Command } from 'commander';
import { scores, type PlannedExperiment, type Score, type ServiceScore } from '../domain/score.ts';
import type { RunRecord } from '../records/ports.ts';
import { actingWaves } from '../report/planned-waves.ts';
import { utc } from '../report/format.ts';
import { withRecords } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { lookBack } from './look-back.ts';
import { show, withOutput, type Format } from './output.ts';
import { table } from './table.ts';

interface ScoreOptions {
  output: Format;
  service?: string;
  environment?: string;
}

/** Verdicts of waves that are looked through, newest first: older ones are worth little. */
const MOST_WAVES = 1_000;

/** One entry per experiment, service and environment, as its newest run was planned. */
function plannedOf(runs: readonly RunRecord[]): PlannedExperiment[] {
  const newest = new Map<string, PlannedExperiment>();
  for (const { name, service, environment, experiment } of runs) {
    const key = JSON.stringify([name, service, environment]);
    if (!newest.has(key)) newest.set(key, { name, service, environment, waves: actingWaves(experiment) });
  }
  return [...newest.values()];
}

/** Rounded down: nothing becomes a 100 by rounding. */
const points = (score: number | null): string => (score === null ? 'no data' : (Math.floor(score * 10) / 10).toFixed(1));

const row = (what: string, environment: string, { score, covered, planned, passed, failed, scaled, newestMs }: Score): string[] => [
  ...[what, environment, points(score), `${covered} of ${planned} waves`, String(passed), String(failed), String(scaled)],
  newestMs === null ? 'never' : utc(newestMs).slice(0, 10),
];

const rows = ({ experiments, ...service }: ServiceScore): string[][] => [
  row(service.service, service.environment, service),
  ...experiments.map((one) => row(`  ${one.name}`, one.environment, one)),
];

/** `breakwater score` */
export function score(program: Command, cli: Cli): void {
  withOutput(program.command('score'))
    .summary('what evidence there is that services withstand')
    .description(
      'Scores services and their experiments from 0 to 100 by their recorded waves, newer ones counting more, and tells how many of the planned waves are covered. Without evidence there is no score.',
    )
    .option('--service <name>', 'only this service')
    .option('--environment <name>', 'only this environment')
    .addHelpText('after', '\nExamples:\n  $ breakwater score --service payments\n  $ breakwater score -o json')
    .action(async ({ output, ...wanted }: ScoreOptions) => {
      const { runs, isAll, waves } = await withRecords(cli.config(), async (records) => ({
        ...(await lookBack(records, wanted)),
        waves: await records.waves({ limit: MOST_WAVES, ...wanted }),
      }));
      const found = scores(plannedOf(runs), waves, Date.now());
      show(cli.terminal, output, found, () =>
        found.length === 0
          ? ['No runs are recorded.']
          : table(
              ['SERVICE, EXPERIMENT', 'ENVIRONMENT', 'SCORE', 'COVERAGE', 'PASSED', 'FAILED', 'SHORTENED', 'NEWEST'],
              found.flatMap(rows),
            ),
      );
      if (!isAll || waves.length === MOST_WAVES) hint(cli, `Only the newest ${runs.length} runs and ${waves.length} waves were looked at.`);
    });
}
