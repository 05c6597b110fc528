import type { Command } from 'commander';
import { isGranted } from './access-view.ts';
import type { BreakwaterClient, StartOptions } from '../client.ts';
import { reservedOf } from '../domain/ledger/budget.ts';
import type { Plan } from '../domain/plan.ts';
import { personArgument, seedArgument, timeScaleArgument } from './arguments.ts';
import { inTime, withClient, withRecords } from './connect.ts';
import { hint, userName, type Cli } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { show, withOutput, type Format } from './output.ts';
import type { ComparisonOutlook } from './outlook.ts';
import { outlookLines, planLines } from './plan-view.ts';
import { requireWorkers } from './pollers.ts';
import { mustBeValid, type Planned, type PlanOptions } from './planned.ts';
import { planAtApi } from './start-at-api.ts';
import { through, withApi } from './through.ts';
import type { Reserved } from './worth-view.ts';

/** Adds the options that decide what is planned. */
export const withPlanOptions = (command: Command): Command =>
  withApi(command)
    .option('--seed <number>', 'chooses the victims; random when absent', seedArgument)
    .option('--time-scale <factor>', 'multiplies every policy duration, above 0 and at most 1', timeScaleArgument)
    .option('--requested-by <name>', 'who asks for it; not through the API', personArgument, userName());

/**
 * Reads the file, and asks the workers what would happen. Touches nothing.
 * @throws ExperimentError for the file; CliError when no worker is there or the workers refuse the plan
 */
export async function planFile(cli: Cli, file: string, { seed, timeScale, requestedBy }: PlanOptions): Promise<Planned> {
  const { readExperimentFile } = await import('../language/read.ts');
  const { document, experiment } = readExperimentFile(file);
  return withClient(cli.config(), async (client) => {
    await requireWorkers(client, experiment.site);
    const asked: StartOptions = {
      document,
      requestedBy,
      ...(seed !== undefined && { seed }),
      ...(timeScale !== undefined && { timeScale }),
    };
    const result = mustBeValid(await client.plan(asked));
    const reserved = await reservedNow(client, result.plan);
    return { result, start: { ...asked, seed: result.plan.seed, expectedDigest: result.plan.digest }, ...(reserved && { reserved }) };
  });
}

async function reservedNow(client: BreakwaterClient, { experiment }: Plan): Promise<Reserved | undefined> {
  const budgets = experiment.waves.flatMap(({ budget }) => budget?.slo ?? []);
  if (budgets.length === 0) return undefined;
  const { environment } = experiment.metadata;
  const state = await inTime(client, () => client.ledgers(environment)).catch(() => undefined);
  return state && Object.fromEntries(budgets.map((slo) => [slo, reservedOf(state[environment] ?? { holds: [] }, slo)]));
}

/** What the records know of the noise; without records the plan is shown all the same. */
async function askRecords(cli: Cli, { plan: planned }: Planned['result']): Promise<ComparisonOutlook[]> {
  if (planned.experiment.comparisons.length === 0) return [];
  const { outlooks } = await import('./outlook.ts');
  return withRecords(cli.config(), (records) => outlooks(planned, records)).catch((cause: unknown) => {
    hint(cli, `How many iterations the comparisons need is not known: ${cause instanceof Error ? cause.message : String(cause)}`);
    return [];
  });
}

/** The API tells of no run's noise: that is said, where it would have helped. */
function withoutRecords(cli: Cli, { plan: planned }: Planned['result']): ComparisonOutlook[] {
  if (planned.experiment.comparisons.length > 0) hint(cli, 'How many iterations the comparisons need is told with --direct only.');
  return [];
}

/** `breakwater plan FILE` */
export function plan(program: Command, cli: Cli): void {
  withPlanOptions(withOutput(program.command('plan')))
    .summary('show what a run would hit; touches nothing')
    .description(
      'Shows what a run would do: waves, victims and who is spared and why, what the probes answer now, and whether its gates are open. Touches nothing.',
    )
    .argument('<file>', 'experiment file, YAML or JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater plan experiment.yaml\n  $ breakwater plan experiment.yaml --seed 7 --time-scale 0.05 -o json',
    )
    .action(async (file: string, options: PlanOptions & { output: Format }, command: Command) => {
      const { result, reserved, comparisons } = await through(cli, command, {
        async direct() {
          const planned = await planFile(cli, file, options);
          return { ...planned, comparisons: await askRecords(cli, planned.result) };
        },
        async api(api) {
          const planned = await planAtApi(api, file, options);
          return { ...planned, comparisons: withoutRecords(cli, planned.result) };
        },
      });
      show(cli.terminal, options.output, { ...result, comparisons, ...(reserved && { reserved }) }, () => [
        ...planLines(result, cli.terminal.paint, reserved),
        ...outlookLines(comparisons, cli.terminal.paint),
      ]);
      hint(cli, `Next: breakwater run ${file} --seed ${result.plan.seed}`);
      const mayAct = 'unavailable' in result.preview || isGranted(result.preview.access);
      cli.finish(result.gates.open && mayAct ? EXIT.held : EXIT.denied);
    });
}
