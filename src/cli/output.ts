import { Option, type Command } from 'commander';
import { stringify } from 'yaml';
import { plainData } from './plain-text.ts';
import type { Terminal } from './terminal.ts';

export type Format = 'table' | 'json' | 'yaml';

/** Adds `-o`. */
export const withOutput = (command: Command, standard: Format = 'table'): Command =>
  command.addOption(
    new Option('-o, --output <format>', 'how data are written to stdout').choices(['table', 'json', 'yaml']).default(standard),
  );

/** Writes data to stdout: as JSON or YAML for programs, or as `lines` for people. */
export function show(terminal: Terminal, format: Format, data: unknown, lines: () => string[]): void {
  if (format === 'json') terminal.out(`${JSON.stringify(data, null, 2)}\n`);
  else if (format === 'yaml') terminal.out(stringify(plainData(data), { aliasDuplicateObjects: false }));
  else
    terminal.out(
      lines()
        .map((line) => `${line}\n`)
        .join(''),
    );
}
