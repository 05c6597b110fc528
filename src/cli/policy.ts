import { InvalidArgumentError, type Command } from 'commander';
import { parseRatio } from '../domain/units.ts';
import type { OpaPort } from '../policy/opa.ts';
import type { RegoPort } from '../policy/rego.ts';
import { personArgument, timeScaleArgument } from './arguments.ts';
import { hint, userName, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { show, withOutput, type Format } from './output.ts';
import { explainLines, testLines } from './policy-view.ts';

/** @throws InvalidArgumentError */
function coverageArgument(text: string): number {
  const share = parseRatio(text);
  if (share === undefined || share < 0 || share > 1) throw new InvalidArgumentError('expected a percentage, such as 90%');
  return share;
}

/** @throws InvalidArgumentError */
function instantArgument(text: string): number {
  const isWhole = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const ms = isWhole ? Date.parse(text) : NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('expected a time with its offset, such as 2026-11-27T10:00:00-05:00');
  return ms;
}

function folderOf(cli: Cli, given: string | undefined): string {
  const folder = given ?? cli.config().policyDir;
  if (folder === undefined) throw new CliError(EXIT.usage, 'No folder of policies: name one, or set BREAKWATER_POLICY');
  return folder;
}

/** What Node says of a folder that is not there. */
async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && error.name !== 'ExperimentError')
      throw new CliError(EXIT.usage, `The policies cannot be read: ${error.message}`);
    throw error;
  }
}

async function regoOf(cli: Cli, given: string | undefined): Promise<RegoPort | undefined> {
  const file = given ?? cli.config().regoBundle;
  return file === undefined ? undefined : (await import('../policy/bundle/open.ts')).openRego(file);
}

interface TestOptions {
  output: Format;
  json?: boolean;
  minCoverage: number;
  rego?: string;
}

async function test(cli: Cli, dir: string | undefined, { output, json, minCoverage, rego: bundle }: TestOptions): Promise<number> {
  const { testPolicies } = await import('../policy/test-policies.ts');
  const folder = folderOf(cli, dir);
  const rego = await regoOf(cli, bundle);
  const found = await reading(() => testPolicies(folder, Date.now(), { ...(rego && { rego }) }));
  show(cli.terminal, json ? 'json' : output, found, () => testLines(found, cli.terminal.paint));
  const isRight = found.results.every(({ passed }) => passed);
  if (isRight && found.covered < minCoverage) hint(cli, 'Too few demands are covered: write a case for each that is idle');
  return isRight && found.covered >= minCoverage ? EXIT.held : EXIT.violated;
}

interface ExplainOptions {
  output: Format;
  json?: boolean;
  policy?: string;
  rego?: string;
  at?: number;
  wave?: string;
  requestedBy: string;
  timeScale?: number;
}

/** Closed when it has answered: a connection that is kept would keep the process. */
async function withOpa<T>(url: string | undefined, use: (opa?: OpaPort) => Promise<T>): Promise<T> {
  if (url === undefined) return use();
  const opa = (await import('../open-opa.ts')).openOpa(url);
  try {
    return await use(opa);
  } finally {
    opa.close();
  }
}

async function explain(cli: Cli, file: string, options: ExplainOptions): Promise<number> {
  const [{ readExperimentFile }, { makePlan }, { explainFacts, explanationOf }, { readPolicies }, { factsOf }] = await Promise.all([
    import('../language/read.ts'),
    import('../language/digest.ts'),
    import('../policy/explain.ts'),
    import('../policy/folder.ts'),
    import('../policy/facts.ts'),
  ]);
  const { siteEnvironments, policyDir, opaUrl } = cli.config();
  const folder = options.policy ?? policyDir;
  const set = folder === undefined ? undefined : await reading(() => Promise.resolve().then(() => readPolicies(folder)));
  const rego = await regoOf(cli, options.rego);
  const plan = makePlan(readExperimentFile(file).document, 0, options.timeScale ?? 1);
  if (options.wave !== undefined && !plan.experiment.waves.some(({ name }) => name === options.wave))
    throw new CliError(
      EXIT.usage,
      `The experiment has no wave ${options.wave}`,
      `there are ${plan.experiment.waves.map(({ name }) => name).join(', ')}`,
    );
  const facts = factsOf(plan, {
    atMs: options.at ?? Date.now(),
    requestedBy: options.requestedBy,
    ...(options.wave !== undefined && { wave: options.wave }),
  });
  const known = { ...(set && { set }), ...(siteEnvironments && { siteEnvironments }), ...(rego && { rego }) };
  const explained = await withOpa(opaUrl, (opa) => explainFacts(facts, { ...known, ...(opa && { opa }) }));
  show(cli.terminal, options.json ? 'json' : options.output, explanationOf(explained), () => explainLines(explained, cli.terminal.paint));
  if (set === undefined) hint(cli, 'No policy files were asked: name a folder with --policy, or set BREAKWATER_POLICY');
  return explained.decision.allowed ? EXIT.held : EXIT.denied;
}

/** The one command under its two names. */
function addExplain(command: Command, cli: Cli, name: string): void {
  withOutput(command)
    .summary('say which rule decides what for a plan')
    .description(
      'Says of every rule whether it is about the plan, and what it decides: value against limit. A running OPA is asked when BREAKWATER_OPA_URL names one. Exit code 5 when the plan is denied.',
    )
    .argument('<file>', 'experiment file, YAML or JSON')
    .option('--policy <dir>', 'folder of the policies; default: BREAKWATER_POLICY')
    .option('--rego <file>', 'bundle.tar.gz or policy.wasm that is asked, too; default: BREAKWATER_REGO')
    .option('--at <time>', 'the hour to judge by, with its offset; default: now', instantArgument)
    .option('--wave <name>', 'judge as before this wave; default: as before the run')
    .option('--time-scale <factor>', 'multiplies every policy duration, above 0 and at most 1', timeScaleArgument)
    .option('--requested-by <name>', 'who asks for it', personArgument, userName())
    .option('--json', 'the same as -o json')
    .addHelpText(
      'after',
      `\nExamples:\n  $ breakwater ${name} experiment.yaml --policy policies\n  $ breakwater ${name} experiment.yaml --at 2026-11-27T10:00:00-05:00`,
    )
    .action(async (file: string, options: ExplainOptions) => {
      cli.finish(await explain(cli, file, options));
    });
}

/** `breakwater explain FILE`: the same as `breakwater policy explain`. */
export function explainPlan(program: Command, cli: Cli): void {
  addExplain(program.command('explain'), cli, 'explain');
}

/** `breakwater policy test [DIR]` and `breakwater policy explain FILE` */
export function policy(program: Command, cli: Cli): void {
  const group = program
    .command('policy')
    .summary('test policies, and explain what they decide')
    .description('Tests policies with the cases beside them, and explains which rule decides what for a plan. Needs no server of ours.');
  withOutput(group.command('test'))
    .summary('run the cases beside the policies')
    .description(
      'Runs every case (*.cases.yaml) of a folder against its policies, shows what differs, and which demands no case needs. Exit code 3 when a case fails or too little is covered.',
    )
    .argument('[dir]', 'folder of the policies; default: BREAKWATER_POLICY')
    .option('--rego <file>', 'bundle.tar.gz or policy.wasm that must allow, too; default: BREAKWATER_REGO')
    .option('--min-coverage <percent>', 'least share of demands that decide a case', coverageArgument, 0)
    .option('--json', 'the same as -o json')
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater policy test policies\n  $ breakwater policy test policies --min-coverage 100% --json',
    )
    .action(async (dir: string | undefined, options: TestOptions) => {
      cli.finish(await test(cli, dir, options));
    });
  addExplain(group.command('explain'), cli, 'policy explain');
}
