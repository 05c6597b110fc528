import type { Command } from 'commander';
import { scores } from '../domain/score.ts';
import { plannedOf } from '../report/planned-waves.ts';
import { MOST_WAVES, SCORE_HEADS, scoreRows } from '../report/score-rows.ts';
import { withRecords } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { lookBack } from '../report/look-back.ts';
import { show, withOutput, type Format } from './output.ts';
import { table } from './table.ts';

interface ScoreOptions {
  output: Format;
  service?: string;
  environment?: string;
}

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
        ...(await lookBack((filter) => records.listRuns(filter), wanted)),
        waves: await records.waves({ limit: MOST_WAVES, ...wanted }),
      }));
      const found = scores(plannedOf(runs), waves, Date.now());
      show(cli.terminal, output, found, () =>
        found.length === 0
          ? ['No runs are recorded.']
          : table(
              SCORE_HEADS.map((head) => head.toUpperCase()),
              found.flatMap(scoreRows),
            ),
      );
      if (!isAll || waves.length === MOST_WAVES) hint(cli, `Only the newest ${runs.length} runs and ${waves.length} waves were looked at.`);
    });
}
