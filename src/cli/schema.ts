import { Option, type Command } from 'commander';
import type { ZodType } from 'zod';
import type { Cli } from './context.ts';
import { hint } from './context.ts';
import { show, type Format } from './output.ts';

/** The files that people write, by the name under which their schema is asked for. A schema is loaded when it is wanted. */
const FILES = {
  experiment: async () => (await import('../language/experiment.ts')).experimentJsonSchema(),
  schedule: async () => (await import('../schedules/json-schema.ts')).scheduleJsonSchema(),
  policy: async () => editable((await import('../policy/schema.ts')).PolicyDocument),
  'policy-cases': async () => editable((await import('../policy/cases-schema.ts')).PolicyCases),
  access: async () => editable((await import('../http/identity/access-file.ts')).AccessFile),
} satisfies Record<string, () => Promise<object>>;

const editable = async (schema: ZodType): Promise<object> => (await import('../language/json-schema.ts')).editorJsonSchema(schema);

/** Where the examples of the documentation keep it. */
const nameOf = (kind: string): string => (kind === 'experiment' ? 'breakwater.schema.json' : `breakwater-${kind}.schema.json`);

/** `breakwater schema` */
export function schema(program: Command, cli: Cli): void {
  program
    .command('schema')
    .summary('print the JSON Schema of a file that people write')
    .description('Prints the JSON Schema (draft 7) of an experiment, schedule, policy, its cases, or an access file, for editors.')
    .addOption(new Option('--of <file>', 'which file it describes').choices(Object.keys(FILES)).default('experiment'))
    .addOption(new Option('-o, --output <format>', 'how it is written').choices(['json', 'yaml']).default('json'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater schema > breakwater.schema.json\n  $ breakwater schema --of policy > breakwater-policy.schema.json',
    )
    .action(async ({ of, output }: { of: keyof typeof FILES; output: Format }) => {
      show(cli.terminal, output, await FILES[of](), () => []);
      hint(cli, `For editors with YAML support, begin such a file with: # yaml-language-server: $schema=${nameOf(of)}`);
    });
}
