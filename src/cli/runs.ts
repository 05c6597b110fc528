import { Option, type Command } from 'commander';
import { EXIT_CODES } from '../domain/run.ts';
import type { Verdict } from '../domain/verdict.ts';
import { duration, utc } from '../report/format.ts';
import { limitArgument } from './arguments.ts';
import type { BreakwaterHttpClient, RunBrief } from '../client.ts';
import { withRecords } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { show, withOutput, type Format } from './output.ts';
import { table } from './table.ts';
import { through, withApi } from './through.ts';

interface RunsOptions {
  output: Format;
  limit: number;
  environment?: string;
  service?: string;
  verdict?: Verdict;
  after?: string;
}

const row = ({ workflowId, verdict, startedAtMs, closedAtMs, environment, requestedBy }: RunBrief): string[] => [
  workflowId,
  verdict ?? 'running',
  utc(startedAtMs).slice(0, 19),
  closedAtMs === undefined ? '' : duration(closedAtMs - startedAtMs),
  environment,
  requestedBy,
];

/** The whole experiment and result of every run would bury the list: `show` has them. */
async function fromRecords(cli: Cli, { output: _format, after, ...wanted }: RunsOptions): Promise<RunBrief[]> {
  const found = await withRecords(cli.config(), (records) =>
    records.listRuns({ ...wanted, ...(after !== undefined && { cursor: after }) }),
  );
  return found.map(({ experiment: _experiment, result: _result, ...rest }) => rest);
}

/** Most runs of one page of the API. */
const PAGE = 200;

async function fromApi(api: BreakwaterHttpClient, { output: _format, after, limit, ...wanted }: RunsOptions): Promise<RunBrief[]> {
  if (after !== undefined)
    throw new CliError(EXIT.usage, 'The API does not go on after a run of yours.', 'Leave --after out, and raise --limit.');
  const found: RunBrief[] = [];
  for await (const run of api.allRuns({ ...wanted, limit: Math.min(limit, PAGE) })) if (found.push(run) >= limit) break;
  return found;
}

/** `breakwater runs` */
export function runs(program: Command, cli: Cli): void {
  withApi(withOutput(program.command('runs')))
    .summary('list runs, newest first')
    .description('Lists the recorded runs, newest first.')
    .option('--limit <number>', 'at most this many, 1 to 1000', limitArgument, 20)
    .option('--environment <name>', 'only this environment')
    .option('--service <name>', 'only this service')
    .addOption(new Option('--verdict <verdict>', 'only this verdict').choices(Object.keys(EXIT_CODES)))
    .option('--after <run>', 'go on after this run, the last of the page before; not through the API')
    .addHelpText('after', '\nExamples:\n  $ breakwater runs --service payments --verdict failed\n  $ breakwater runs -o json --limit 100')
    .action(async (options: RunsOptions, command: Command) => {
      const found = await through(cli, command, { direct: () => fromRecords(cli, options), api: (api) => fromApi(api, options) });
      show(cli.terminal, options.output, found, () =>
        table(['RUN', 'VERDICT', 'STARTED (UTC)', 'TOOK', 'ENVIRONMENT', 'REQUESTED BY'], found.map(row), 72),
      );
      const [newest] = found;
      hint(cli, newest ? `Next: breakwater show ${newest.workflowId}` : 'No runs yet. Next: breakwater run FILE');
    });
}
