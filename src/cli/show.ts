import type { Command } from 'commander';
import type { RunEvent, RunRecord } from '../records/ports.ts';
import { duration, utc } from '../report/format.ts';
import { victimRows } from '../report/victims.ts';
import { place } from '../report/format.ts';
import type { BreakwaterHttpClient } from '../client.ts';
import { withRecords } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { eventLine } from './events.ts';
import { show as write, withOutput, type Format } from './output.ts';
import { notRecorded, requireRun } from './recorded-run.ts';
import { verdictText } from './result-view.ts';
import { facts, table } from './table.ts';
import { through, withApi } from './through.ts';
import type { Terminal } from './terminal.ts';

function lines(run: RunRecord, events: RunEvent[], paint: Terminal['paint']): string[] {
  const victims = victimRows({ run, events });
  const took = run.closedAtMs === undefined ? undefined : duration(run.closedAtMs - run.startedAtMs);
  return [
    `Verdict  ${verdictText(run.verdict, paint)}`,
    ...facts([
      ['Run', run.workflowId],
      ['Experiment', run.name],
      ['Service', `${run.service} in ${run.environment}, owned by ${run.owner}`],
      ['Ticket', run.ticket],
      ['Requested by', run.requestedBy],
      ['Started', utc(run.startedAtMs)],
      ['Took', took],
      ['Reason', run.reason],
      ['Digest', run.planDigest],
      ['Seed', String(run.seed)],
      ['Time scale', run.timeScale === 1 ? undefined : String(run.timeScale)],
    ]),
    ...(victims.length > 0
      ? [
          '',
          ...table(
            ['WAVE', 'VICTIM', 'OUTCOME', 'UNDONE'],
            victims.map((each) => [place(each.wave, each.iteration), each.name, each.outcome, each.undone]),
            48,
          ),
        ]
      : []),
    '',
    'Events (UTC)',
    ...events.map((event) => `  ${eventLine(event, paint)}`),
  ];
}

interface Recorded {
  run: RunRecord;
  events: RunEvent[];
}

const fromRecords = (cli: Cli, workflowId: string): Promise<Recorded> =>
  withRecords(cli.config(), async (records) => ({
    run: await requireRun(records, workflowId),
    events: await records.events(workflowId),
  }));

async function fromApi(api: BreakwaterHttpClient, workflowId: string): Promise<Recorded> {
  const { run } = await api.run(workflowId);
  if (!run) throw notRecorded(workflowId);
  return { run, events: await eventsAtApi(api, run) };
}

/** Of a run that is over the stream has every event, and ends; that of one that goes on does not, but its report holds them so far. */
async function eventsAtApi(api: BreakwaterHttpClient, { workflowId, closedAtMs }: RunRecord): Promise<RunEvent[]> {
  if (closedAtMs === undefined) return (JSON.parse(await api.report(workflowId, 'json')) as { events: RunEvent[] }).events;
  const events = new Map<string, RunEvent>();
  for await (const seen of api.watch(workflowId)) if (seen.kind === 'event') events.set(seen.event.key, seen.event);
  return [...events.values()];
}

/** `breakwater show RUN` */
export function show(program: Command, cli: Cli): void {
  withApi(withOutput(program.command('show')))
    .summary('show one recorded run with its events')
    .description('Shows what is recorded of one run: verdict, reason, victims, every event.')
    .argument('<run>', 'id of the run')
    .addHelpText('after', '\nExample:\n  $ breakwater show kill.payment-worker.staging.20261123-2010.k7f2 -o yaml')
    .action(async (workflowId: string, { output }: { output: Format }, command: Command) => {
      const { run, events } = await through(cli, command, {
        direct: () => fromRecords(cli, workflowId),
        api: (api) => fromApi(api, workflowId),
      });
      write(cli.terminal, output, { run, events }, () => lines(run, events, cli.terminal.paint));
      hint(cli, run.verdict === undefined ? `Next: breakwater watch ${workflowId}` : `Next: breakwater report ${workflowId}`);
    });
}
