import { writeFile } from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { Name } from '../domain/experiment/metadata.ts';
import type { Cli } from './context.ts';
import { hint } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';

interface InitOptions {
  force?: boolean;
  name: string;
  service: string;
  environment: string;
}

function nameArgument(text: string): string {
  const parsed = Name.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(parsed.error.issues.map(({ message }) => message).join('; '));
  return parsed.data;
}

/** Creating and refusing are one step: nothing that appears in between is overwritten. */
async function write(file: string, text: string, isForced: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: isForced ? 'w' : 'wx' });
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
    .option('--name <name>', 'what the experiment is called', nameArgument, 'my-first-experiment')
    .option('--service <name>', 'the service that is experimented on', nameArgument, 'my-service')
    .option('--environment <name>', 'where', nameArgument, 'development')
    .option('--force', 'overwrite the file')
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater init && breakwater validate experiment.yaml\n  $ breakwater init kill.yaml --service payments --environment staging',
    )
    .action(async (file: string, { force, ...answers }: InitOptions) => {
      const { starterExperiment } = await import('../language/init.ts');
      await write(file, starterExperiment(answers), force === true);
      cli.terminal.err(`Written: ${file}\n`);
      hint(cli, `Next: edit it, then breakwater validate ${file}`);
    });
}
