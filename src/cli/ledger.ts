import type { Command } from 'commander';
import type { LedgerState } from '../client.ts';
import { percent } from '../domain/percent.ts';
import { duration, utc } from '../report/format.ts';
import { capArgument, environmentArgument, personArgument, reasonArgument } from './arguments.ts';
import { inTime, withClient } from './connect.ts';
import { hint, userName, type Cli } from './context.ts';
import { show, withOutput, type Format } from './output.ts';
import { requireWorkers } from './pollers.ts';
import { plainText } from './plain-text.ts';
import { table } from './table.ts';

const since = (ms: number): string => utc(ms).slice(0, 19);

/** Everything that a ledger knows, for people. */
function ledgerLines(environment: string, { limits, holds, queue, coolDowns, halt, notes }: LedgerState, nowMs: number): string[] {
  const part = (rows: string[][], headings: string[]): string[] => (rows.length === 0 ? [] : ['', ...table(headings, rows, 72)]);
  return [
    `${environment === '_all' ? 'Every environment' : plainText(environment)}: ${limits.perScope} run${limits.perScope === 1 ? '' : 's'} per service, group and dependency, ${limits.maxConcurrentVictims} victims at once`,
    ...(halt
      ? [
          `${halt.kind === 'incident' ? 'INCIDENT' : 'HALTED'} since ${since(halt.atMs)} by ${plainText(halt.by)}: ${plainText(halt.reason)}`,
        ]
      : []),
    ...part(
      holds.map(({ holder, scopes, wave, epoch, sinceMs }) => [
        holder,
        wave?.name ?? '',
        String(wave?.victims ?? 0),
        wave?.budget ? `${percent(wave.budget.cost)} of ${wave.budget.slo}` : '',
        since(sinceMs),
        String(epoch),
        scopes.join(' '),
      ]),
      ['HOLDS', 'WAVE', 'VICTIMS', 'BUDGET', 'SINCE (UTC)', 'EPOCH', 'SCOPES'],
    ),
    ...part(
      queue.map(({ holder, wave, victims, sinceMs, scopes }, i) => [
        String(i + 1),
        holder,
        wave,
        String(victims),
        since(sinceMs),
        scopes.join(' '),
      ]),
      ['#', 'WAITS', 'WAVE', 'VICTIMS', 'SINCE (UTC)', 'SCOPES'],
    ),
    ...part(
      coolDowns.filter(({ untilMs }) => untilMs > nowMs).map(({ scope, untilMs, by }) => [scope, duration(untilMs - nowMs), by]),
      ['COOLS DOWN', 'FOR', 'AFTER'],
    ),
    ...part(
      notes.map(({ atMs, text }) => [since(atMs), text]),
      ['NOTED (UTC)', ''],
    ),
  ];
}

function limitsCommand(ledger: Command, cli: Cli): void {
  withOutput(ledger.command('limits'))
    .summary('set the caps of an environment over all runs')
    .description('Sets the caps of an environment over all runs. What holds more already keeps it.')
    .requiredOption('--environment <name>', 'whose', environmentArgument)
    .requiredOption('--per-scope <number>', 'runs that may hold the same service, group or dependency', capArgument(1, 1_000))
    .requiredOption('--max-concurrent-victims <number>', 'victims of all live waves together', capArgument(0, 100_000))
    .option('--by <name>', 'who is acting', personArgument, userName())
    .action(async (options: { output: Format; environment: string; perScope: number; maxConcurrentVictims: number; by: string }) => {
      const { environment, perScope, maxConcurrentVictims, by, output } = options;
      const state = await withClient(cli.config(), async (client) => {
        await requireWorkers(client);
        return inTime(client, () => client.setLimits(environment, { perScope, maxConcurrentVictims }, { by }));
      });
      show(cli.terminal, output, state, () => ledgerLines(environment, state, Date.now()));
    });
}

function releaseCommand(ledger: Command, cli: Cli): void {
  withOutput(ledger.command('release'))
    .argument('<run>', 'id of the run')
    .summary("take a run's place away")
    .description('Takes a run out of the ledger: for one that is gone and whose end Temporal does not tell. Its scopes cool down.')
    .requiredOption('--environment <name>', 'whose ledger', environmentArgument)
    .requiredOption('--reason <text>', 'why', reasonArgument)
    .option('--by <name>', 'who is acting', personArgument, userName())
    .action(
      async (run: string, { output, environment, by, reason }: { output: Format; environment: string; by: string; reason: string }) => {
        const state = await withClient(cli.config(), async (client) => {
          await requireWorkers(client);
          return inTime(client, () => client.expireHold(environment, run, { by, reason }));
        });
        show(cli.terminal, output, state, () => ledgerLines(environment, state, Date.now()));
      },
    );
}

/** `breakwater ledger`, `ledger limits`, `ledger release` */
export function ledger(program: Command, cli: Cli): void {
  const command = withOutput(program.command('ledger').enablePositionalOptions())
    .summary('who holds and who waits')
    .description('Shows who holds how much blast radius now: holds, the queue, cool-downs, halts and limits.')
    .option('--environment <name>', 'only this environment', environmentArgument)
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater ledger --environment staging\n  $ breakwater ledger limits --environment staging --per-scope 2 --max-concurrent-victims 20',
    )
    .action(async ({ output, environment }: { output: Format; environment?: string }) => {
      const found = await withClient(cli.config(), async (client) => {
        await requireWorkers(client);
        return inTime(client, () => client.ledgers(environment));
      });
      const all = Object.entries(found);
      show(cli.terminal, output, found, () =>
        all.length === 0
          ? ['No run has asked a ledger yet.']
          : all.flatMap(([name, state], i) => [...(i === 0 ? [] : ['']), ...ledgerLines(name, state, Date.now())]),
      );
      hint(cli, 'Next: breakwater ledger limits --environment NAME --per-scope N --max-concurrent-victims N');
    });
  limitsCommand(command, cli);
  releaseCommand(command, cli);
}
