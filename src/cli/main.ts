#!/usr/bin/env node
import { withSandboxEnv } from '../sandbox/env-file.ts';
import { createCli } from './context.ts';
import { runProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

// A reader that went away (`| head`) is no reason to stop watching a run, nor to end with another exit code.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

let exitCode = 0;
await runProgram(
  process.argv.slice(2),
  createCli(processTerminal(), withSandboxEnv(process.env), (code) => {
    exitCode = code;
  }),
);
// Nothing may keep the process: neither an open question nor a connection that is slow to close. What was written is written first.
for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve));
process.exit(exitCode);
