import type { Command } from 'commander';
import type { BreakwaterClient, BreakwaterHttpClient, ScheduleView } from '../client.ts';
import { utc } from '../report/format.ts';
import { personArgument, seedArgument, timeScaleArgument } from './arguments.ts';
import { inTime, withClient } from './connect.ts';
import { hint, userName, type Cli } from './context.ts';
import { scheduleFiles } from './schedule-files.ts';
import { show as write, withOutput, type Format } from './output.ts';
import { facts, table } from './table.ts';
import { through, withApi } from './through.ts';

interface Named {
  output: Format;
  by: string;
}

interface AddOptions extends Named {
  name: string;
  cron: string;
  zone: string;
  seed?: number;
  timeScale?: number;
}

const lines = (view: ScheduleView): string[] => [
  ...facts([
    ['Schedule', view.name],
    ['Times', view.times ?? `${view.cron} in ${view.zone}`],
    ['Experiment', `${view.experiment} in ${view.environment}`],
    ['Added by', view.requestedBy],
    ['State', view.paused ? `paused${view.note === undefined ? '' : `: ${view.note}`}` : 'active'],
    ['Next (UTC)', view.paused ? undefined : view.nextMs.slice(0, 3).map(utc).join(', ')],
  ]),
  ...view.recent.map(({ workflowId, takenMs }) => `  ${utc(takenMs)}  ${workflowId}`),
];

const row = ({ name, cron, zone, times, experiment, environment, paused, nextMs: [next] }: ScheduleView): string[] => [
  name,
  times ?? `${cron} ${zone}`,
  `${experiment} in ${environment}`,
  paused ? 'paused' : 'active',
  next === undefined || paused ? '' : utc(next).slice(0, 19),
];

/** `breakwater schedule …` */
export function schedule(program: Command, cli: Cli): void {
  const group = program
    .command('schedule')
    .summary('run an experiment at set times')
    .description(
      'Chaos windows: runs an experiment at set times. Every run passes every check by itself; one that starts more than 10 minutes late is denied.',
    );
  const ask = <R>(send: (client: BreakwaterClient) => Promise<R>): Promise<R> =>
    withClient(cli.config(), (client) => inTime(client, () => send(client)));
  const either = <R>(
    command: Command,
    direct: (client: BreakwaterClient) => Promise<R>,
    api: (api: BreakwaterHttpClient) => Promise<R>,
  ): Promise<R> => through(cli, command, { direct: () => ask(direct), api });
  const tell = (output: Format, view: ScheduleView, next: string): void => {
    write(cli.terminal, output, view, () => lines(view));
    hint(cli, next);
  };
  const on = (name: string, summary: string): Command =>
    withApi(withOutput(group.command(name)))
      .summary(summary)
      .argument('<name>', 'name of the schedule')
      .option('--by <name>', 'who is acting; not through the API', personArgument, userName());

  scheduleFiles(group, cli, ask);
  withApi(withOutput(group.command('add')))
    .summary('add a schedule by a cron line, without a file')
    .argument('<file>', 'experiment file, YAML or JSON')
    .requiredOption('--name <name>', 'name of the schedule')
    .requiredOption('--cron <line>', 'minute, hour, day of month, month, day of week: "0 10 * * 2"')
    .requiredOption('--zone <zone>', 'IANA time zone of the times, such as Europe/Berlin')
    .option('--by <name>', 'who answers for it; not through the API', personArgument, userName())
    .option('--seed <number>', 'chooses the same victims each time; otherwise each run draws its own', seedArgument)
    .option('--time-scale <factor>', 'multiplies every policy duration, 0 < factor ≤ 1', timeScaleArgument)
    .addHelpText(
      'after',
      '\nExample:\n  $ breakwater schedule add experiment.yaml --name tuesdays --cron "0 10 * * 2" --zone Europe/Berlin',
    )
    .action(async (file: string, { output, by, name, cron, zone, seed, timeScale }: AddOptions, command: Command) => {
      const { readExperimentFile } = await import('../language/read.ts');
      const { document } = readExperimentFile(file);
      const wanted = {
        document,
        name,
        cron,
        zone,
        ...(seed !== undefined && { seed }),
        ...(timeScale !== undefined && { timeScale }),
      };
      const added = either(
        command,
        (client) => client.schedules.add({ ...wanted, requestedBy: by }),
        (api) => api.addSchedule(wanted),
      );
      tell(output, await added, `Try it now: breakwater schedule trigger ${name}`);
    });
  withApi(withOutput(group.command('list')))
    .summary('list the schedules')
    .action(async ({ output }: Pick<Named, 'output'>, command: Command) => {
      const views = await either(
        command,
        (client) => client.schedules.list(),
        (api) => api.schedules(),
      );
      write(cli.terminal, output, views, () => table(['SCHEDULE', 'TIMES', 'EXPERIMENT', 'STATE', 'NEXT (UTC)'], views.map(row)));
    });
  on('show', 'show one schedule with its next and last runs').action(async (name: string, { output }: Named, command: Command) => {
    const view = either(
      command,
      (client) => client.schedules.show(name),
      (api) => api.schedule(name),
    );
    tell(output, await view, 'breakwater runs lists the runs');
  });
  const acting = (
    act: 'pause' | 'resume' | 'trigger',
    summary: string,
    direct: (client: BreakwaterClient, name: string, by: string) => Promise<ScheduleView>,
    next: (name: string) => string,
  ): void => {
    on(act, summary).action(async (name: string, { output, by }: Named, command: Command) => {
      const view = either(
        command,
        (client) => direct(client, name, by),
        (api) => api.actOnSchedule(act, name),
      );
      tell(output, await view, next(name));
    });
  };
  acting(
    'pause',
    'start nothing until it is resumed',
    (client, name, by) => client.schedules.pause(name, `paused by ${by}`),
    (name) => `Next: breakwater schedule resume ${name}`,
  );
  acting(
    'resume',
    'start runs again',
    (client, name, by) => client.schedules.resume(name, `resumed by ${by}`),
    (name) => `Next: breakwater schedule show ${name}`,
  );
  acting(
    'trigger',
    'start one run now, with every check',
    (client, name) => client.schedules.trigger(name),
    () => 'Next: breakwater runs',
  );
  on('remove', 'remove the schedule; a run that is under way goes on').action(async (name: string, _options: Named, command: Command) => {
    await either(
      command,
      (client) => client.schedules.remove(name),
      (api) => api.removeSchedule(name),
    );
    hint(cli, `Removed: ${name}`);
  });
}
