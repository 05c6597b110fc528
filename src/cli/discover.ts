import { InvalidArgumentError, type Command } from 'commander';
import { parseLabelSelector } from '../domain/kubernetes/label-selector.ts';
import type { Survey, SurveyQuery, SurveyRow } from '../domain/kubernetes/survey.ts';
import { withClient } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { show, withOutput, type Format } from './output.ts';
import { plainText } from './plain-text.ts';
import { requireWorkers } from './pollers.ts';
import { table } from './table.ts';

interface DiscoverOptions extends SurveyQuery {
  output: Format;
  json?: boolean;
  site: string;
}

/** @throws InvalidArgumentError */
function namespaceArgument(text: string): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text))
    throw new InvalidArgumentError('expected the name of a namespace: lower-case letters, digits and hyphens, 63 at most');
  return text;
}

/** @throws InvalidArgumentError */
function selectorArgument(text: string): string {
  try {
    parseLabelSelector(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

const STATES: Record<SurveyRow['state'], string> = { ready: 'yes', unready: 'not now', protected: 'no' };

const row = ({ pod, container, node, owner, state, why }: SurveyRow): string[] => [pod, container, node, owner, STATES[state], why];

const summary = ({ counts: { ready, unready, protected: spared }, namespace, site }: Survey): string =>
  `${ready + unready + spared} pods in namespace ${namespace} of site ${site}: ${ready} could be targeted, ${unready} not ready, ${spared} protected`;

function lines(survey: Survey): string[] {
  const { counts, rows } = survey;
  const hidden = counts.ready + counts.unready + counts.protected - rows.length;
  return [
    ...(rows.length === 0 ? [] : table(['POD', 'CONTAINER', 'NODE', 'OWNER', 'TARGET?', 'WHY NOT'], rows.map(row))),
    ...(hidden > 0 ? [`… and ${hidden} more`] : []),
    ...(rows.length === 0 ? [] : ['']),
    plainText(summary(survey)),
  ];
}

async function pods(cli: Cli, { output, json, site, namespace, selector, container }: DiscoverOptions): Promise<number> {
  const query = { namespace, ...(selector !== undefined && { selector }), ...(container !== undefined && { container }) };
  const survey = await withClient(cli.config(), async (client) => {
    await requireWorkers(client, site);
    return client.survey(site, query);
  });
  if ('unavailable' in survey)
    throw new CliError(
      EXIT.platform,
      `Site ${site} could not look: ${survey.unavailable}`,
      'Its worker asks the cluster of BREAKWATER_KUBECONFIG, with the rights of that account.',
    );
  show(cli.terminal, json ? 'json' : output, survey, () => lines(survey));
  if (survey.counts.ready === 0) hint(cli, 'Nothing can be targeted here now.');
  return EXIT.held;
}

/** `breakwater discover kubernetes` */
export function discover(program: Command, cli: Cli): void {
  const command = program.command('discover').summary('list what could be targeted, and why the rest cannot be');
  withOutput(command.command('kubernetes'))
    .summary('pods of a namespace')
    .description(
      'Asks the workers of a site for the pods of a namespace of its cluster: which could be targeted, and why the rest cannot be (protected, not opted in, not ready, several containers). Touches nothing. Exit code 7 when the site or its cluster does not answer.',
    )
    .requiredOption('--namespace <name>', 'the namespace', namespaceArgument)
    .option('--selector <labels>', 'label selector as kubectl -l takes it', selectorArgument)
    .option('--container <name>', 'the container that is meant where pods have several')
    .option('--site <name>', 'the site whose cluster is asked', 'local')
    .option('--json', 'the same as -o json')
    .addHelpText(
      'after',
      "\nExamples:\n  $ breakwater discover kubernetes --namespace payments\n  $ breakwater discover kubernetes --namespace payments --selector 'app=worker,tier in (a,b)' --json",
    )
    .action(async (options: DiscoverOptions) => {
      cli.finish(await pods(cli, options));
    });
}
