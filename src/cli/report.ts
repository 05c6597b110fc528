import { Option, type Command } from 'commander';
import type { RunReport } from '../report/index.ts';
import { withRecords } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { readLearning } from './read-learning.ts';
import { requireRun } from './recorded-run.ts';
import { save } from './save.ts';

const FORMATS = ['html', 'markdown', 'json', 'junit', 'csv'] as const;
type ReportFormat = (typeof FORMATS)[number];

async function render(report: RunReport, format: ReportFormat): Promise<string> {
  const { renderCsv, renderHtml, renderJson, renderJunit, renderMarkdown } = await import('../report/index.ts');
  const renderers: Record<ReportFormat, (report: RunReport) => string> = {
    html: renderHtml,
    markdown: renderMarkdown,
    json: renderJson,
    junit: renderJunit,
    csv: renderCsv,
  };
  return renderers[format](report);
}

/** `breakwater report RUN` */
export function report(program: Command, cli: Cli): void {
  program
    .command('report')
    .summary('write the report of a run')
    .description(
      'Writes the report of a run from its records: what was believed, what was done, what the signals did, the verdict and why.',
    )
    .argument('<run>', 'id of the run')
    .addOption(new Option('--format <format>', 'format of the report').choices(FORMATS).default('markdown'))
    .option('--out <file>', 'where to; - is stdout', '-')
    .addHelpText('after', '\nExamples:\n  $ breakwater report RUN\n  $ breakwater report RUN --format html --out report.html')
    .action(async (workflowId: string, { format, out }: { format: ReportFormat; out: string }) => {
      const text = await withRecords(cli.config(), async (records) => {
        const run = await requireRun(records, workflowId);
        const { buildReport } = await import('../report/index.ts');
        const learning = await readLearning(records, run);
        return render(buildReport(run, await records.events(workflowId), await records.samples(workflowId), learning), format);
      });
      if (out === '-') {
        cli.terminal.out(text.endsWith('\n') ? text : `${text}\n`);
        return;
      }
      await save(out, text);
      hint(cli, `Written: ${out}`);
    });
}
