import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { loadConfig } from '../config.ts';
import { durationArgument } from './arguments.ts';
import { writeArtifacts } from './ci/artifacts.ts';
import { chooseExperiments, needsSomebody, type Chosen } from './ci/choose.ts';
import { play, type Played, type PlayOptions } from './ci/play.ts';
import { withClient, withRecords } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { endWithUs } from './end-with-us.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { show, withOutput, type Format } from './output.ts';
import { withPlanOptions } from './plan.ts';
import { table } from './table.ts';

interface CiOptions extends PlayOptions {
  label: Record<string, string>;
  configured?: boolean;
  artifacts: string;
  summary?: string;
  output: Format;
}

/** The worst of all is the job's: what was left behind before what was seen, what was seen before what could not be told. */
const WORST_FIRST: readonly number[] = [
  EXIT.leftover,
  EXIT.violated,
  EXIT.platform,
  EXIT.aborted,
  EXIT.timedOut,
  EXIT.interrupted,
  EXIT.inconclusive,
  EXIT.denied,
  EXIT.usage,
];

/** @throws InvalidArgumentError */
function labelArgument(text: string, before: Record<string, string>): Record<string, string> {
  const [, key, value] = /^([^=\s]+)=(.*)$/.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError('expected key=value');
  return { ...before, [key]: value };
}

/** One after the other: they would wait for each other in the ledger anyway. An interrupted job begins nothing more. */
async function playAll(cli: Cli, chosen: readonly Chosen[], options: CiOptions): Promise<Played[]> {
  const played: Played[] = [];
  await withClient(cli.config(), async (client) => {
    for (const one of chosen) {
      const isInterrupted = played.at(-1)?.exitCode === EXIT.interrupted;
      const refusal = isInterrupted ? 'the job was interrupted' : options.configured ? undefined : needsSomebody(one);
      const exitCode = isInterrupted ? EXIT.interrupted : EXIT.denied;
      played.push(
        refusal === undefined ? await play(cli, client, one, options) : { chosen: one, exitCode, reason: `not started: ${refusal}` },
      );
    }
  });
  return played;
}

/** Runs them, writes the artifacts and shows the table. @returns the exit code of the job */
async function judge(cli: Cli, chosen: readonly Chosen[], options: CiOptions): Promise<number> {
  const { terminal, env } = cli;
  const played = await playAll(cli, chosen, options);
  const jobSummary = options.summary ?? env['GITHUB_STEP_SUMMARY'];
  const outcomes = await withRecords(cli.config(), (records) =>
    writeArtifacts(options.artifacts, records, played, jobSummary || undefined),
  );
  const rows = outcomes.map(({ name, verdict, reason }) => [name, verdict ?? 'not run', reason]);
  show(terminal, options.output, outcomes, () => table(['EXPERIMENT', 'VERDICT', 'REASON'], rows, 100));
  hint(
    cli,
    `Written: junit.xml, summary.md, results.json and ${outcomes.filter((one) => one.report).length} reports in ${options.artifacts}`,
  );
  return WORST_FIRST.find((code) => played.some(({ exitCode }) => exitCode === code)) ?? EXIT.held;
}

/** Starts a Breakwater of its own for the job, and ends it whatever happens. */
async function judgeInOwn(cli: Cli, chosen: readonly Chosen[], options: CiOptions): Promise<number> {
  const { startEphemeral } = await import('../sandbox/ephemeral.ts');
  const giveBack = endWithUs();
  const ephemeral = await startEphemeral({
    homeDir: cli.config().homeDir,
    sites: [...new Set(chosen.map(({ experiment }) => experiment.site))],
    log: (line) => {
      cli.terminal.err(`${line}\n`);
    },
  });
  giveBack();
  const env = { ...cli.env, ...ephemeral.env };
  try {
    return await judge({ ...cli, env, config: () => loadConfig(env) }, chosen, options);
  } finally {
    await copyFile(ephemeral.workerLog, join(options.artifacts, 'worker.log')).catch(() => undefined); // no artifacts, then no log
    await ephemeral.stop();
  }
}

/** `breakwater ci FILE…` */
export function ci(program: Command, cli: Cli): void {
  withPlanOptions(withOutput(program.command('ci')))
    .summary('run experiments as a test of a CI job')
    .description(
      'Runs experiments one after the other, in a Breakwater that is started for the job and ended with it: Temporal, PostgreSQL and a worker on free ports of this machine. What is shot at is yours: start it before. Only a job in which every experiment passed ends with 0.',
    )
    .argument('<files...>', 'experiment files, YAML or JSON')
    .option('--label <key=value>', 'only experiments with this label; may be repeated', labelArgument, {})
    .option('--configured', 'use the Temporal, workers and database of the settings instead of starting some')
    .option('--artifacts <dir>', 'where junit.xml, summary.md, results.json and the reports go', 'artifacts/breakwater')
    .option('--summary <file>', 'adds the summary to this file; default: $GITHUB_STEP_SUMMARY, where there is one')
    .option(
      '--timeout <duration>',
      'longest time of one run; then it is aborted, which undoes it (exit code 124)',
      durationArgument,
      1_800_000,
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater ci chaos/*.yaml --time-scale 0.05\n  $ breakwater ci chaos/*.yaml --label tier=1 --artifacts out\n  $ breakwater ci chaos/worker.yaml --configured --timeout 20m',
    )
    .action(async (files: string[], options: CiOptions) => {
      if (options.configured && cli.config().databaseUrl === undefined)
        throw new CliError(
          EXIT.usage,
          'BREAKWATER_DATABASE_URL is not set: the reports are made from the records.',
          'Set it, or leave out --configured.',
        );
      const chosen = await chooseExperiments(files, options.label);
      cli.finish(await (options.configured ? judge(cli, chosen, options) : judgeInOwn(cli, chosen, options)));
    });
}
