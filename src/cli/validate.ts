import type { Command } from 'commander';
import type { Cli } from './context.ts';
import { hint } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { show, withOutput, type Format } from './output.ts';
import { plainText } from './plain-text.ts';

interface FileReport {
  file: string;
  valid: boolean;
  name?: string;
  problems: unknown[];
  /** One line per problem, for people. */
  text: string[];
}

async function inspect(file: string): Promise<FileReport> {
  const { readExperimentFile } = await import('../language/read.ts');
  const { ExperimentError } = await import('../language/problem.ts');
  try {
    const { experiment } = readExperimentFile(file);
    return { file, valid: true, name: experiment.metadata.name, problems: [], text: [] };
  } catch (error) {
    if (!(error instanceof ExperimentError)) throw error;
    return { file, valid: false, problems: [...error.problems], text: error.format().split('\n') };
  }
}

/** `breakwater validate FILE…` */
export function validate(program: Command, cli: Cli): void {
  const { terminal } = cli;
  withOutput(program.command('validate'))
    .summary('check experiment files; needs no server')
    .description('Checks experiment files and tells everything that is wrong with them, with line and column. Needs no server.')
    .argument('<files...>', 'experiment files, YAML or JSON')
    .addHelpText('after', '\nExamples:\n  $ breakwater validate experiment.yaml\n  $ breakwater validate experiments/*.yaml -o json')
    .action(async (files: string[], { output }: { output: Format }) => {
      const reports = await Promise.all(files.map(inspect));
      show(
        terminal,
        output,
        reports.map(({ text: _text, ...report }) => report),
        () =>
          reports
            .filter(({ valid }) => valid)
            .map(({ file, name }) => `${plainText(file)}: ${terminal.paint('green', 'valid')}, ${name ?? ''}`),
      );
      const wrong = reports.filter(({ valid }) => !valid);
      for (const line of wrong.flatMap(({ text }) => text)) terminal.err(`${plainText(line)}\n`);
      if (wrong.length === 0) hint(cli, `Next: breakwater plan ${files[0] ?? ''}`);
      cli.finish(wrong.length === 0 ? EXIT.held : EXIT.usage);
    });
}
