import type { Command } from 'commander';
import type { BreakwaterClient, CalendarEntry, ScheduleChange, ScheduleOutlook, UnreadableSchedule } from '../client.ts';
import { utc } from '../report/format.ts';
import { capArgument, personArgument } from './arguments.ts';
import { hint, userName, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { show, withOutput, type Format } from './output.ts';
import { deniedBy, outlookLines, type JudgedDay } from './schedule-view.ts';
import { table } from './table.ts';

const DAY_MS = 86_400_000;
const daysArgument = capArgument(1, 366);

type Ask = <R>(send: (client: BreakwaterClient) => Promise<R>) => Promise<R>;

interface ApplyOptions {
  output: Format;
  by: string;
  dryRun?: boolean;
}

/** Every file is read before anything is changed. */
async function apply(cli: Cli, ask: Ask, files: string[], { output, by, dryRun }: ApplyOptions): Promise<void> {
  const { readScheduleFile } = await import('../schedules/read.ts');
  const read = files.map(readScheduleFile);
  const twice = read.find(({ name }, i) => read.findIndex((other) => other.name === name) < i);
  if (twice) throw new CliError(EXIT.usage, `Two of the files are schedule ${twice.name}; the second is ${twice.file}`);
  const changes: ScheduleChange[] = [];
  for (const one of read) changes.push(await ask(({ schedules }) => (dryRun ? schedules.diff(one) : schedules.apply(one, by))));
  show(cli.terminal, output, changes, () =>
    changes.flatMap(({ name, change, diff }) => [
      `${name}: ${dryRun && change !== 'unchanged' ? `would be ${change}` : change}`,
      ...diff.map((line) => `  ${line}`),
    ]),
  );
  hint(cli, dryRun ? 'Nothing was changed' : `Next: breakwater schedule preview ${read[0]?.name ?? ''}`);
}

interface PreviewOptions {
  output: Format;
  json?: boolean;
  days: number;
  policy?: string;
  requestedBy: string;
}

const isFile = (text: string): boolean => /[/.]/.test(text);

async function outlookOfFile(file: string, days: number): Promise<ScheduleOutlook & { times: string }> {
  const [{ readScheduleFile }, { makeReady }, { planDays }, { describeTerms }] = await Promise.all([
    import('../schedules/read.ts'),
    import('../schedules/ready.ts'),
    import('../schedules/plan.ts'),
    import('../schedules/describe.ts'),
  ]);
  const { name, terms, calendars, experimentDocument } = readScheduleFile(file);
  const [ready, nowMs] = [makeReady(terms, calendars), Date.now()];
  return {
    ...{ name, zone: ready.zone, paused: terms.paused, times: describeTerms(terms) },
    input: { document: experimentDocument, requestedBy: '' },
    days: planDays(ready, { sinceMs: nowMs, fromMs: nowMs, untilMs: nowMs + days * DAY_MS }),
  };
}

async function preview(cli: Cli, ask: Ask, given: string, options: PreviewOptions): Promise<void> {
  const period = { fromMs: Date.now(), untilMs: Date.now() + options.days * DAY_MS };
  const found = isFile(given)
    ? await outlookOfFile(given, options.days)
    : await ask(async ({ schedules }) => ({
        ...(await schedules.outlook(given, period)),
        times: (await schedules.show(given)).times ?? '',
      }));
  const folder = options.policy ?? cli.config().policyDir;
  const deny = await deniedBy(found.input.document, options.requestedBy, folder);
  const days: JudgedDay[] = found.days.map((day) => {
    const denied = day.atMs === undefined || day.skipped !== undefined ? undefined : deny(day.atMs);
    return denied === undefined ? day : { ...day, denied };
  });
  const { input: _input, ...rest } = found;
  show(cli.terminal, options.json ? 'json' : options.output, { ...rest, days }, () => outlookLines({ ...found, days }));
  if (folder === undefined) hint(cli, 'Only the guardrails were asked: name a folder of policies with --policy, or set BREAKWATER_POLICY');
}

const state = ({ paused, skipped }: CalendarEntry): string => (skipped === undefined ? (paused ? 'paused' : 'run') : `skipped: ${skipped}`);

async function calendar(cli: Cli, ask: Ask, { output, days, ics }: { output: Format; days: number; ics?: boolean }): Promise<void> {
  const nowMs = Date.now();
  const tell = ({ schedule, why }: UnreadableSchedule): void => hint(cli, `Schedule ${schedule} cannot be read, and is left out: ${why}`);
  const entries = await ask(({ schedules }) => schedules.calendar({ fromMs: nowMs, untilMs: nowMs + days * DAY_MS }, tell));
  if (ics) {
    const { writeCalendar } = await import('../schedules/ics.ts');
    cli.terminal.out(writeCalendar(entries, nowMs));
  } else
    show(cli.terminal, output, entries, () =>
      table(
        ['WHEN (UTC)', 'SCHEDULE', 'EXPERIMENT', 'SERVICE', 'WHAT'],
        entries.map((entry) => [
          utc(entry.atMs).slice(0, 16),
          entry.schedule,
          `${entry.experiment} in ${entry.environment}`,
          entry.service,
          state(entry),
        ]),
      ),
    );
}

/** `breakwater schedule apply`, `preview` and `calendar` */
export function scheduleFiles(group: Command, cli: Cli, ask: Ask): void {
  withOutput(group.command('apply'))
    .summary('bring schedule files into force')
    .description(
      'Creates or updates the Temporal Schedule of each file. What is in force already is left alone; what a person paused stays paused. All files are read before anything is changed.',
    )
    .argument('<files...>', 'schedule files, YAML or JSON')
    .option('--by <name>', 'in whose name runs are started', personArgument, userName())
    .option('--dry-run', 'only say what would change')
    .addHelpText('after', '\nExample:\n  $ breakwater schedule apply schedules/*.yaml')
    .action((files: string[], options: ApplyOptions) => apply(cli, ask, files, options));
  withOutput(group.command('preview'))
    .summary('show the next runs, and why a day is skipped')
    .description(
      'Shows what a schedule file, or a schedule that is in force, will start, and for each other day why nothing begins. A file needs no server.',
    )
    .argument('<file-or-name>', 'schedule file, or the name of a schedule')
    .option('--days <number>', 'how far ahead, 1 to 366', daysArgument, 30)
    .option('--policy <dir>', 'folder of the policies that the runs are asked about; default: BREAKWATER_POLICY')
    .option('--requested-by <name>', 'in whose name runs are started', personArgument, userName())
    .option('--json', 'the same as -o json')
    .addHelpText('after', '\nExample:\n  $ breakwater schedule preview schedules/weekdays.yaml --days 14')
    .action((given: string, options: PreviewOptions) => preview(cli, ask, given, options));
  withOutput(group.command('calendar'))
    .summary('show the starts of all schedules')
    .option('--days <number>', 'how far ahead, 1 to 366', daysArgument, 30)
    .option('--ics', 'as an iCalendar file, without what is skipped or paused')
    .action((options: { output: Format; days: number; ics?: boolean }) => calendar(cli, ask, options));
}
