import type { Command } from 'commander';
import type { SweepResult, SweepRow } from '../client.ts';
import { utc } from '../report/format.ts';
import { withClient } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { show, withOutput, type Format } from './output.ts';
import { plainText } from './plain-text.ts';
import { requireWorkers } from './pollers.ts';
import { table } from './table.ts';

interface JanitorOptions {
  output: Format;
  once?: boolean;
  look?: boolean;
  install?: boolean;
  site?: string[];
}

const row = ({ site, outcome, why, lease }: SweepRow): string[] => [
  site,
  outcome,
  lease ? `${lease.fault} on ${lease.target}` : '',
  lease ? utc(lease.armedMs).slice(0, 19) : '',
  why,
];

/** What could not be undone is the loudest; then a site that did not answer, because nobody knows what it holds. */
function exitCodeOf({ rows }: SweepResult): number {
  if (rows.some(({ outcome }) => outcome === 'leftover')) return EXIT.leftover;
  return rows.some(({ outcome, fate }) => outcome === 'unreachable' || fate === 'unknown') ? EXIT.platform : EXIT.held;
}

async function sweep(cli: Cli, { output, look, site }: JanitorOptions): Promise<number> {
  const result = await withClient(cli.config(), async (client) => {
    await requireWorkers(client);
    return client.sweep({ act: !look, ...(site && { sites: site }) });
  });
  show(cli.terminal, output, result, () => table(['SITE', 'OUTCOME', 'LEASE', 'ARMED (UTC)', 'WHY'], result.rows.map(row), 48));
  for (const { ledger, said } of result.ledgers) cli.terminal.err(`${plainText(ledger)}: ${plainText(said)}\n`);
  const exitCode = exitCodeOf(result);
  if (exitCode === EXIT.leftover) hint(cli, 'Next: breakwater leftovers');
  else if (result.rows.length === 0) hint(cli, 'No site holds a lease.');
  return exitCode;
}

async function install(cli: Cli): Promise<void> {
  const { janitorEveryMs } = cli.config();
  if (janitorEveryMs === undefined)
    throw new CliError(EXIT.usage, 'BREAKWATER_JANITOR_EVERY is off: there is no interval to install.', 'Set it to 1m, for example.');
  await withClient(cli.config(), (client) => client.installJanitor(janitorEveryMs));
  hint(cli, `The janitor looks every ${janitorEveryMs / 1_000} s.`);
}

/** `breakwater janitor` */
export function janitor(program: Command, cli: Cli): void {
  withOutput(program.command('janitor'))
    .summary('undo what nobody holds any more')
    .description(
      'Asks every site for its leases, undoes those whose run is closed, terminated or gone, and reports them. A Temporal Schedule does the same every BREAKWATER_JANITOR_EVERY; a control worker installs it at its start. Exit code 6 when something could not be undone, 7 when a site could not be asked.',
    )
    .option('--once', 'now, and print what was done')
    .option('--look', 'with --once: only look, touch nothing')
    .option('--site <name...>', 'with --once: only these sites')
    .option('--install', 'install the schedule, or bring it up to date')
    .addHelpText('after', '\nExamples:\n  $ breakwater janitor --once\n  $ breakwater janitor --once --look -o json')
    .action(async (options: JanitorOptions) => {
      if (options.once === options.install)
        throw new CliError(EXIT.usage, 'What shall the janitor do?', 'Write --once to sweep now, or --install for its schedule.');
      if (options.install) await install(cli);
      else cli.finish(await sweep(cli, options));
    });
}
