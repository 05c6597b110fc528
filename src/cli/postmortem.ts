import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { checkPostMortem, FIELDS, type Field } from '../domain/post-mortem.ts';
import type { Records, RecordedSignal, RunRecord } from '../records/ports.ts';
import { personArgument } from './arguments.ts';
import { withRecords } from './connect.ts';
import { hint, userName, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { show, withOutput, type Format } from './output.ts';
import { plainText } from './plain-text.ts';
import { requireRun } from './recorded-run.ts';
import { save } from './save.ts';

/** Earlier runs of the same experiment whose baselines tell what is usual. */
const EARLIER_RUNS = 5;
const LOOK_BACK = 200;
/** A post-mortem is a text that people wrote. */
const MAX_BYTES = 1_000_000;

/** What the signals were like before earlier faults of the same experiment. */
async function earlierBaselines(records: Pick<Records, 'listRuns' | 'signals'>, run: RunRecord): Promise<RecordedSignal[]> {
  const { service, environment, name, startedAtMs } = run;
  const runs = (await records.listRuns({ limit: LOOK_BACK, service, environment })).filter(
    (one) => one.name === name && one.startedAtMs < startedAtMs,
  );
  const found: RecordedSignal[] = [];
  for (const { workflowId } of runs.slice(0, EARLIER_RUNS)) found.push(...(await records.signals(workflowId)));
  return found;
}

/** A file with a post-mortem, its digest, and how far it is completed. @throws CliError when it cannot be read or is none */
async function readPostMortem(file: string) {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new CliError(
      EXIT.usage,
      `The post-mortem cannot be read: ${cause.message}`,
      'Name the file that `breakwater postmortem RUN` has drafted.',
      { cause },
    );
  });
  const check = text.length > MAX_BYTES ? undefined : checkPostMortem(text);
  if (!check)
    throw new CliError(
      EXIT.usage,
      `${file} is no post-mortem of a run: its first line does not name one.`,
      'Begin with the draft of `breakwater postmortem RUN`, and leave its comments in place.',
    );
  return { ...check, digest: createHash('sha256').update(text).digest('hex') };
}

function checkCommand(parent: Command, cli: Cli): void {
  withOutput(parent.command('check'))
    .argument('<file>', 'a post-mortem in Markdown')
    .summary('tell how complete a post-mortem is')
    .description('Tells how much of a post-mortem is completed, and what is missing. Exit code 0: all of it; 8: something is missing.')
    .option('--record', 'put completeness, the answer on the runbook and the digest of the text on record with the run')
    .option('--by <name>', 'who hands it in', personArgument, userName())
    .action(async (file: string, { output, record, by }: { output: Format; record?: boolean; by: string }) => {
      const { digest, ...check } = await readPostMortem(file);
      if (record)
        await withRecords(cli.config(), async (records) => {
          await requireRun(records, check.workflowId);
          await records.recordPostMortem({ ...check, digest, by, atMs: Date.now() });
        });
      const share = check.completed / check.fields;
      show(cli.terminal, output, { file, ...check, share, digest, recorded: record === true }, () => [
        `${plainText(file)}: ${check.completed} of ${check.fields} fields completed (${Math.floor(share * 100)}%), run ${check.workflowId}`,
        ...check.missing.map((name) => `  missing  ${name}: ${FIELDS[name as Field]}`),
        `  runbook  ${check.runbook.replace('-', ' ')}`,
        ...(record ? ['  recorded with the run'] : []),
      ]);
      cli.finish(check.missing.length === 0 ? EXIT.held : EXIT.inconclusive);
    });
}

/** `breakwater postmortem RUN`, `breakwater postmortem check FILE` */
export function postmortem(program: Command, cli: Cli): void {
  const command = program
    .command('postmortem')
    .enablePositionalOptions()
    .summary('draft a post-mortem, or check one')
    .description(
      'Drafts a post-mortem from the record of a run: timeline, impact, what worked and what did not, signals that were unusual before, a precondition to consider; what only people know is left to be completed.',
    )
    .argument('<run>', 'id of the run')
    .option('--out <file>', 'where to; - is stdout', '-')
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater postmortem RUN --out postmortem.md\n  $ breakwater postmortem check postmortem.md --record',
    )
    .action(async (workflowId: string, { out }: { out: string }) => {
      const draft = await withRecords(cli.config(), async (records) => {
        const run = await requireRun(records, workflowId);
        const { draftPostMortem, readReport } = await import('../report/index.ts');
        return draftPostMortem({ report: await readReport(records, run), earlier: await earlierBaselines(records, run) });
      });
      if (out === '-') cli.terminal.out(draft);
      else await save(out, draft, { keep: true });
      hint(cli, `Next: complete it, then breakwater postmortem check ${out === '-' ? 'FILE' : out} --record`);
    });
  checkCommand(command, cli);
}
