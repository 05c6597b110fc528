import { Option, type Command } from 'commander';
import { EXIT_CODES } from '../domain/run.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { RunRecord } from '../records/ports.ts';
import { duration, utc } from '../report/format.ts';
import { limitArgument } from './arguments.ts';
import { withRecords } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { show, withOutput, type Format } from './output.ts';
import { table } from './table.ts';

interface RunsOptions {
  output: Format;
  limit: number;
  environment?: string;
  service?: string;
  verdict?: Verdict;
  after?: string;
}

const row = ({ workflowId, verdict, startedAtMs, closedAtMs, environment, requestedBy }: RunRecord): string[] => [
  workflowId,
  verdict ?? 'running',
  utc(startedAtMs).slice(0, 19),
  closedAtMs === undefined ? '' : duration(closedAtMs - startedAtMs),
  environment,
  requestedBy,
];

/** `breakwater runs` */
export function runs(program: Command, cli: Cli): void {
  withOutput(program.command('runs'))
    .summary('list runs, newest first')
    .description('Lists the recorded runs, newest first.')
    .option('--limit <number>', 'at most this many, 1 to 1000', limitArgument, 20)
    .option('--environment <name>', 'only this environment')
    .option('--service <name>', 'only this service')
    .addOption(new Option('--verdict <verdict>', 'only this verdict').choices(Object.keys(EXIT_CODES)))
    .option('--after <run>', 'go on after this run, the last of the page before')
    .addHelpText('after', '\nExamples:\n  $ breakwater runs --service payments --verdict failed\n  $ breakwater runs -o json --limit 100')
    .action(async ({ output, after, ...wanted }: RunsOptions) => {
      const found = await withRecords(cli.config(), (records) =>
        records.listRuns({ ...wanted, ...(after !== undefined && { cursor: after }) }),
      );
      // The whole experiment and result of every run would bury the list: `show` has them.
      const brief = found.map(({ experiment: _experiment, result: _result, ...rest }) => rest);
      show(cli.terminal, output, brief, () =>
        table(['RUN', 'VERDICT', 'STARTED (UTC)', 'TOOK', 'ENVIRONMENT', 'REQUESTED BY'], found.map(row), 72),
      );
      const [newest] = found;
      hint(cli, newest ? `Next: breakwater show ${newest.workflowId}` : 'No runs yet. Next: breakwater run FILE');
    });
}
