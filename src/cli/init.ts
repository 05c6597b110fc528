import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Cli } from './context.ts';
import { hint } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { starterExperiment } from './starter-experiment.ts';

/** Creating and refusing are one step: nothing that appears in between is overwritten. */
async function write(file: string, isForced: boolean): Promise<void> {
  try {
    await writeFile(file, starterExperiment, { flag: isForced ? 'w' : 'wx' });
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    if (isThere) throw new CliError(EXIT.usage, `${file} is there already.`, 'Name another file, or overwrite it with --force.');
    throw new CliError(EXIT.usage, `${file} cannot be written: ${(cause as Error).message}`, 'Name another file.', { cause });
  }
}

/** `breakwater init [FILE]` */
export function init(program: Command, cli: Cli): void {
  program
    .command('init')
    .summary('write a commented experiment file to start from')
    .description('Writes a commented experiment file to start from.')
    .argument('[file]', 'where to', 'experiment.yaml')
    .option('--force', 'overwrite the file')
    .addHelpText('after', '\nExample:\n  $ breakwater init && breakwater validate experiment.yaml')
    .action(async (file: string, { force }: { force?: boolean }) => {
      await write(file, force === true);
      cli.terminal.err(`Written: ${file}\n`);
      hint(cli, `Next: edit it, then breakwater validate ${file}`);
    });
}
