import type { Command } from 'commander';
import { findingsOf, type Finding } from '../domain/findings.ts';
import type { RunRecord } from '../records/ports.ts';
import { utc } from '../report/format.ts';
import { withRecords } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { plainText } from './plain-text.ts';
import { show, withOutput, type Format } from './output.ts';
import type { Terminal } from './terminal.ts';

interface FindingsOptions {
  output: Format;
  all?: boolean;
  service?: string;
  environment?: string;
}

/** Runs that are looked through, newest first. */
const LOOK_BACK = 1_000;

const when = (ms: number): string => utc(ms).slice(0, 16);

/** Before and after stand side by side when it is closed. */
function lines({ run, latest, seen, closedBy, proposal }: Finding, paint: Terminal['paint']): string[] {
  const state = closedBy ? paint('green', 'closed') : paint('yellow', 'open  ');
  return [
    `${state}  ${paint('bold', plainText(run.name))}  ${plainText(run.service)} in ${plainText(run.environment)}, since ${when(run.startedAtMs)} UTC${seen > 1 ? `, seen ${seen} times` : ''}`,
    `  before  ${latest.verdict ?? ''}: ${plainText(latest.reason ?? 'no reason was recorded')}  (${latest.workflowId})`,
    ...(closedBy
      ? [`  after   ${closedBy.verdict ?? ''}: ${plainText(closedBy.reason ?? '')}  (${closedBy.workflowId})`]
      : [`  next    ${proposal}; then the same plan and seed again`]),
  ];
}

const brief = ({ workflowId, name, service, environment, planDigest, startedAtMs, verdict, reason }: RunRecord) => ({
  ...{ workflowId, name, service, environment, planDigest, startedAtMs },
  ...(verdict !== undefined && { verdict }),
  ...(reason !== undefined && { reason }),
});

/** `breakwater findings` */
export function findings(program: Command, cli: Cli): void {
  withOutput(program.command('findings'))
    .summary('what runs taught and is not mended yet')
    .description(
      'Lists findings: a run that failed, was stopped or proved nothing opens one; it stays open until the same plan and seed passes.',
    )
    .option('--all', 'closed ones too, with before and after')
    .option('--service <name>', 'only this service')
    .option('--environment <name>', 'only this environment')
    .addHelpText('after', '\nExamples:\n  $ breakwater findings --service payments\n  $ breakwater findings --all -o json')
    .action(async ({ output, all, ...wanted }: FindingsOptions) => {
      const runs = await withRecords(cli.config(), (records) => records.listRuns({ limit: LOOK_BACK, ...wanted }));
      const found = findingsOf(runs.map(brief)).filter(({ closedBy }) => all === true || !closedBy);
      show(cli.terminal, output, found, () =>
        found.length > 0 ? found.flatMap((finding) => lines(finding, cli.terminal.paint)) : ['Nothing open.'],
      );
      if (runs.length === LOOK_BACK) hint(cli, `Only the newest ${LOOK_BACK} runs were looked at.`);
    });
}
