import { Option, type Command } from 'commander';
import type { Cli } from './context.ts';
import { hint } from './context.ts';
import { show, type Format } from './output.ts';

/** `breakwater schema` */
export function schema(program: Command, cli: Cli): void {
  program
    .command('schema')
    .summary('print the JSON Schema of the experiment file')
    .description('Prints the JSON Schema (draft 7) of the experiment file, for editors.')
    .addOption(new Option('-o, --output <format>', 'how it is written').choices(['json', 'yaml']).default('json'))
    .addHelpText('after', '\nExample:\n  $ breakwater schema > breakwater.schema.json')
    .action(async ({ output }: { output: Format }) => {
      const { experimentJsonSchema } = await import('../language/experiment.ts');
      show(cli.terminal, output, experimentJsonSchema(), () => []);
      hint(cli, 'For editors with YAML support, begin an experiment with: # yaml-language-server: $schema=breakwater.schema.json');
    });
}
