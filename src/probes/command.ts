import * as z from 'zod';
import type { Measurement } from '../domain/sample.ts';
import { excerpt, failure, noData, parseNumber, valueOf } from './answer.ts';
import { defineProvider } from './define.ts';
import { resolveSecrets, TextOrSecret } from './fields.ts';
import type { CommandResult } from './ports.ts';

const schema = z.strictObject({
  kind: z.literal('command'),
  argv: z.tuple([z.string().min(1)], z.string()).describe('program and arguments; no shell reads them'),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), TextOrSecret)
    .default({})
    .describe('environment, besides PATH and LANG; a value is a text or {secret: NAME}'),
  read: z
    .enum(['exitCode', 'stdout-number'])
    .describe('exitCode: the code · stdout-number: the only number on standard output, when the code is 0'),
});

/** Reads what a command left behind. */
export function readCommand(read: z.infer<typeof schema>['read'], { exitCode, signal, stdout, stderr }: CommandResult): Measurement {
  if (exitCode === null) return failure(`ended by ${signal ?? 'a signal'}`);
  if (read === 'exitCode') return valueOf(exitCode);
  if (exitCode !== 0) return failure(`exit code ${exitCode}${stderr.trim() ? `: ${excerpt(stderr, 120)}` : ''}`);
  const text = stdout.trim();
  if (text === '') return noData('nothing on standard output');
  const value = parseNumber(text);
  return value === undefined ? failure(`expected a number on standard output, got '${excerpt(text)}'`) : valueOf(value);
}

/** A process per measurement, in a group of its own that is killed when it takes too long. */
export const command = defineProvider('command', {
  schema,
  doc: {
    summary: 'Runs a program and reads its exit code or the number it prints.',
    unit: 'exitCode: code; stdout-number: whatever the number means',
    noData: 'Nothing or NaN on standard output. A failing program, other output or the end by a signal is an error.',
  },
  open: (spec, ports) => ({
    async measure(signal) {
      const env = await resolveSecrets(spec.env, ports.secrets);
      return readCommand(spec.read, await ports.commands.run({ argv: spec.argv, env, signal }));
    },
  }),
});
