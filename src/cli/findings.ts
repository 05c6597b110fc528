import type { Command } from 'commander';
import type { Finding } from '../domain/findings.ts';
import { utc } from '../report/format.ts';
import type { RunReport } from '../report/index.ts';
import { withRecords } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { lookBack } from '../report/look-back.ts';
import { recordedFindings } from '../report/recorded-findings.ts';
import { plainText } from './plain-text.ts';
import { requireRun } from './recorded-run.ts';
import { table } from './table.ts';
import { through, withApi } from './through.ts';
import { show, withOutput, type Format } from './output.ts';
import type { Terminal } from './terminal.ts';

interface FindingsOptions {
  output: Format;
  all?: boolean;
  service?: string;
  environment?: string;
}

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

async function fromRecords(cli: Cli, { all, ...wanted }: Omit<FindingsOptions, 'output'>): Promise<Finding[]> {
  const { runs, isAll } = await withRecords(cli.config(), (records) => lookBack((filter) => records.listHeads(filter), wanted));
  if (!isAll) hint(cli, `Only the newest ${runs.length} runs were looked at.`);
  return recordedFindings(runs).filter(({ closedBy }) => all === true || !closedBy);
}

/** `breakwater findings` */
export function findings(program: Command, cli: Cli): void {
  const command = withApi(withOutput(program.command('findings').enablePositionalOptions()))
    .summary('what runs taught and is not mended yet')
    .description(
      'Lists findings: a run that failed, was stopped or proved nothing opens one; it stays open until the same plan and seed passes.',
    )
    .option('--all', 'closed ones too, with before and after')
    .option('--service <name>', 'only this service')
    .option('--environment <name>', 'only this environment')
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater findings --service payments\n  $ breakwater findings --all -o json\n  $ breakwater findings show RUN',
    )
    .action(async ({ output, ...wanted }: FindingsOptions, command: Command) => {
      const found = await through(cli, command, { direct: () => fromRecords(cli, wanted), api: (api) => api.findings(wanted) });
      show(cli.terminal, output, found, () =>
        found.length > 0 ? found.flatMap((finding) => lines(finding, cli.terminal.paint)) : ['Nothing open.'],
      );
      const [newest] = found;
      if (newest) hint(cli, `Next: breakwater findings show ${newest.run.workflowId}`);
    });
  showCommand(command, cli);
}

/** The finding that a run belongs to: as the one that showed it first, as the newest that did, or as the one that closed it. */
const findingWith = (all: readonly Finding[], workflowId: string): Finding | undefined =>
  all.find(({ run, latest, closedBy }) => [run, latest, closedBy].some((one) => one?.workflowId === workflowId));

function showCommand(parent: Command, cli: Cli): void {
  withOutput(parent.command('show'))
    .argument('<run>', 'id of a run that showed the finding, or closed it')
    .summary('show one finding, before and after the change')
    .description(
      'Shows a finding: the newest run that showed it and, once the same plan and seed has passed, that run beside it, with their measures.',
    )
    .addHelpText('after', '\nExample:\n  $ breakwater findings show RUN -o json')
    .action((workflowId: string, { output }: { output: Format }, command: Command) =>
      through(cli, command, { direct: () => showFinding(cli, workflowId, output) }),
    );
}

async function showFinding(cli: Cli, workflowId: string, output: Format): Promise<void> {
  await withRecords(cli.config(), async (records) => {
    const { service, environment } = await requireRun(records, workflowId);
    const { runs } = await lookBack((filter) => records.listHeads(filter), { service, environment });
    const finding = findingWith(recordedFindings(runs), workflowId);
    if (!finding)
      throw new CliError(EXIT.usage, `Run ${workflowId} opened no finding and closed none.`, '`breakwater findings --all` lists them.');
    const { beforeAfter, readReport } = await import('../report/index.ts');
    const reportOf = async (id: string): Promise<RunReport> => readReport(records, await requireRun(records, id));
    const after = finding.closedBy && (await reportOf(finding.closedBy.workflowId));
    const rows = beforeAfter(await reportOf(finding.latest.workflowId), after);
    show(cli.terminal, output, { ...finding, comparison: rows }, () => [
      ...lines(finding, cli.terminal.paint),
      '',
      ...table(
        ['', 'BEFORE', 'AFTER'],
        rows.map(({ what, before, after: since }) => [what, before ?? '', since ?? (finding.closedBy ? '' : 'not yet')]),
      ),
    ]);
    if (!finding.closedBy) hint(cli, `It stays open until plan ${finding.run.planDigest} passes: the same file, seed and time scale.`);
  });
}
