import { Option, type Command } from 'commander';
import { EXIT_CODES } from '../domain/run.ts';
import type { Verdict } from '../domain/verdict.ts';
import { instantArgument, limitArgument } from './arguments.ts';
import { withRecords } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { REPORT_FORMATS, type ReportFormat } from '../report/formats.ts';
import { piecesOfRun } from './report-run.ts';
import { piecesOfRuns, type RunsWanted } from './report-runs.ts';
import { through, withApi } from './through.ts';
import { writePieces } from './write-pieces.ts';

interface ReportOptions extends Omit<RunsWanted, 'ids'> {
  format: ReportFormat;
  out: string;
  verdict?: Verdict;
}

const HELP = `
One RUN gives the report of that run; several, or none with a filter, give one over all of them, which the API does not do.

Examples:
  $ breakwater report RUN --format html --out report.html
  $ breakwater report RUN1 RUN2 RUN3
  $ breakwater report --service payments --environment staging --since 30d --format html --out payments.html`;

const isFiltered = ({ service, environment, name, verdict, since, until }: ReportOptions): boolean =>
  [service, environment, name, verdict, since, until].some((value) => value !== undefined);

function mustBeClear(ids: readonly string[], options: ReportOptions): void {
  if (ids.length === 0 && !isFiltered(options))
    throw new CliError(
      EXIT.usage,
      'Which run?',
      'Name one or more runs (`breakwater runs` lists them), or say which: --service, --since 30d.',
    );
  if (ids.length > 0 && isFiltered(options))
    throw new CliError(EXIT.usage, 'Runs by name and by filter at once.', 'Name the runs, or leave them out and keep the filter.');
}

/** A whole report that has come by the API. */
async function* whole(text: Promise<string>): AsyncGenerator<string> {
  yield await text;
}

/** `breakwater report [RUN…]` */
export function report(program: Command, cli: Cli): void {
  withApi(program.command('report'))
    .summary('write the report of a run, or of many')
    .description(
      'Writes the report of a run from its records: what was believed, what was done, what the signals did, the verdict and why. Over many runs: verdicts, how recovery went from run to run, how fast things were seen, mended and undone.',
    )
    .argument('[runs...]', 'ids of the runs')
    .addOption(new Option('--format <format>', 'format of the report').choices(REPORT_FORMATS).default('markdown'))
    .option('--out <file>', 'where to; - is stdout', '-')
    .option('--service <name>', 'many runs: only this service')
    .option('--environment <name>', 'many runs: only this environment')
    .option('--name <experiment>', 'many runs: only this experiment')
    .addOption(new Option('--verdict <verdict>', 'many runs: only this verdict').choices(Object.keys(EXIT_CODES)))
    .option('--since <when>', 'many runs: started since then: 30d, 2026-11-01 or 2026-11-01T08:00:00Z', instantArgument)
    .option('--until <when>', 'many runs: started before then', instantArgument)
    .option('--limit <number>', 'many runs: the newest of them, 1 to 1000', limitArgument, 1_000)
    .addHelpText('after', HELP)
    .action(async (given: string[], options: ReportOptions, command: Command) => {
      const ids = [...new Set(given)];
      mustBeClear(ids, options);
      const [only] = ids;
      const isOne = ids.length === 1 && only !== undefined;
      const direct = (): Promise<void> =>
        withRecords(cli.config(), async (records) => {
          const pieces = isOne
            ? piecesOfRun(records, only, options.format)
            : piecesOfRuns(records, { ...options, ids }, options.format, Date.now());
          await writePieces(cli.terminal, options.out, pieces);
        });
      await through(cli, command, {
        direct,
        ...(isOne && { api: (api) => writePieces(cli.terminal, options.out, whole(api.report(only, options.format))) }),
      });
      if (options.out !== '-') hint(cli, `Written: ${options.out}`);
    });
}
