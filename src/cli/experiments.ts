import type { Command } from 'commander';
import type { CatalogueEntry } from '../records/ports.ts';
import { utc } from '../report/format.ts';
import { withRecords } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { show, withOutput, type Format } from './output.ts';
import { table } from './table.ts';
import { through, withApi } from './through.ts';

const row = ({ name, environment, owner, path, commit, statement, managedBy, atMs }: CatalogueEntry): string[] => [
  name,
  environment,
  owner,
  path,
  commit.slice(0, 12),
  statement === undefined ? '' : 'stated',
  managedBy,
  utc(atMs).slice(0, 19),
];

/** `breakwater experiments` */
export function experiments(program: Command, cli: Cli): void {
  withApi(withOutput(program.command('experiments')))
    .summary('list the experiments that `sync` has put on record')
    .description(
      'Lists the catalogue: the experiments of checkouts that `breakwater sync` has reconciled. A review that is stated counts only when a worker has verified its signature (docs/gitops.md).',
    )
    .addHelpText('after', '\nExamples:\n  $ breakwater experiments\n  $ breakwater experiments -o json')
    .action(async ({ output }: { output: Format }, command: Command) => {
      const found = await through(cli, command, {
        direct: () => withRecords(cli.config(), (records) => records.catalogue()),
        api: (api) => api.experiments(),
      });
      show(cli.terminal, output, found, () =>
        table(['EXPERIMENT', 'ENVIRONMENT', 'OWNER', 'PATH', 'COMMIT', 'REVIEW', 'MANAGED BY', 'SINCE (UTC)'], found.map(row)),
      );
      if (found.length === 0) hint(cli, 'None yet. Next: breakwater sync DIR');
    });
}
