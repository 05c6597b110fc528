import * as z from 'zod';
import { Duration } from '../domain/units.ts';
import { defineRemedy } from './define.ts';

/** Runs a program that repairs. */
export const commandRemedy = defineRemedy('command', {
  schema: z.strictObject({
    kind: z.literal('command'),
    argv: z.array(z.string().min(1)).min(1).describe('program and arguments, one element each; there is no shell. Must be safe to repeat'),
    cwd: z.string().startsWith('/', 'expected an absolute path').optional(),
    timeout: Duration.default(30_000),
    expectExitCodes: z.array(z.int().min(0).max(255)).min(1).default([0]),
  }),
  doc: { summary: 'Runs a program by its argument list.' },
  async apply(ports, { argv, cwd, timeout, expectExitCodes }, signal) {
    const result = await ports.commands.run({ argv, timeoutMs: timeout, ...(cwd !== undefined && { cwd }) }, signal);
    if (result.timedOut) throw new Error(`'${argv[0]}' was ended after ${timeout} ms`);
    if (result.exitCode !== null && expectExitCodes.includes(result.exitCode))
      return `'${argv[0]}' ended with exit code ${result.exitCode} after ${result.tookMs} ms`;
    const how = result.exitCode === null ? `signal ${result.endedBy}` : `exit code ${result.exitCode}`;
    throw new Error(`'${argv[0]}' ended with ${how}, expected ${expectExitCodes.join(' or ')}`); // its output may hold secrets
  },
});
