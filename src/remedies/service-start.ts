import * as z from 'zod';
import { Duration } from '../domain/units.ts';
import { defineRemedy } from './define.ts';

const Argv = z.array(z.string().min(1)).min(1);

/** Starts a service through its supervisor's command, unless it runs already. */
export const serviceStart = defineRemedy('service-start', {
  schema: z.strictObject({
    kind: z.literal('service-start'),
    status: Argv.describe('program and arguments that tell whether the service runs'),
    start: Argv.describe('program and arguments that start it'),
    runningExitCodes: z.array(z.int().min(0).max(255)).min(1).default([0]).describe('exit codes of status that mean: runs'),
    timeout: Duration.default(30_000).describe('for each of the two commands'),
  }),
  doc: { summary: 'Starts a service with its supervisor’s command, if its status does not say that it runs.' },
  async apply(ports, { status, start, runningExitCodes, timeout }, signal) {
    const runs = async () => {
      const { exitCode } = await ports.commands.run({ argv: status, timeoutMs: timeout }, signal);
      return exitCode !== null && runningExitCodes.includes(exitCode);
    };
    if (await runs()) return 'the service runs already';
    const { exitCode, timedOut } = await ports.commands.run({ argv: start, timeoutMs: timeout }, signal);
    if (exitCode !== 0) throw new Error(`'${start[0]}' ${timedOut ? `was ended after ${timeout} ms` : `ended with exit code ${exitCode}`}`);
    return `started the service with '${start[0]}'`;
  },
});
