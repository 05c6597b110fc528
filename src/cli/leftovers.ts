import type { Command } from 'commander';
import type { BreakwaterHttpClient, SweepRow } from '../client.ts';
import type { Records } from '../records/ports.ts';
import { utc } from '../report/format.ts';
import type { Leftover } from '../report/leftovers.ts';
import { personArgument, reasonArgument } from './arguments.ts';
import { withClient, withRecords } from './connect.ts';
import { hint, userName, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { show, withOutput, type Format } from './output.ts';
import { plainText } from './plain-text.ts';
import { requireWorkers } from './pollers.ts';
import { requireRun } from './recorded-run.ts';
import { through, withApi } from './through.ts';

interface LeftoversOptions {
  output: Format;
  json?: boolean;
  sites: boolean;
}

/** What the sites said: leases whose own undo failed, and the sites that said nothing. */
interface Asked {
  stuck: Leftover[];
  unanswered: string[];
}

async function recorded(records: Pick<Records, 'runsWithLeftovers' | 'events'>): Promise<Leftover[]> {
  const { openLeftovers } = await import('../report/leftovers.ts');
  const open: Leftover[] = [];
  for (const run of await records.runsWithLeftovers()) open.push(...openLeftovers(run, await records.events(run.workflowId)));
  return open;
}

const stuckLease = ({ site, lease, stuck }: SweepRow): Leftover[] =>
  lease && stuck !== undefined
    ? [
        {
          ...{ key: lease.key, workflowId: lease.workflowId, site, what: `${lease.fault} on ${lease.target}` },
          ...{ sinceMs: lease.armedMs, why: `the undo at the end of its lease failed: ${stuck}`, manual: lease.manual },
        },
      ]
    : [];

interface Found {
  all: Leftover[];
  unanswered: string[];
}

/** A site that cannot be asked may hold something: that is said, and never taken for nothing. */
async function askSites(cli: Cli): Promise<Asked> {
  try {
    const { rows } = await withClient(cli.config(), async (client) => {
      await requireWorkers(client);
      return client.sweep({ act: false });
    });
    const unanswered = rows.filter(({ outcome }) => outcome === 'unreachable').map(({ site, why }) => `${site}: ${why}`);
    return { stuck: rows.flatMap(stuckLease), unanswered };
  } catch (error) {
    return { stuck: [], unanswered: [`all sites: ${error instanceof Error ? error.message : String(error)}`] };
  }
}

const lines = ({ key, workflowId, site, what, sinceMs, why, manual }: Leftover): string[] => [
  plainText(what),
  ...Object.entries({ run: workflowId, site, since: utc(sinceMs), why, key }).map(
    ([name, value]) => `  ${name.padEnd(8)}${plainText(value)}`,
  ),
  `  by hand ${plainText(manual)}`,
  '',
];

/** What the records know, and what the sites add to it. */
async function find(cli: Cli, { sites }: LeftoversOptions): Promise<Found> {
  const fromRecords = await withRecords(cli.config(), recorded);
  const { stuck, unanswered } = sites ? await askSites(cli) : { stuck: [], unanswered: [] };
  const known = new Set(fromRecords.map(({ key }) => key));
  return { all: [...fromRecords, ...stuck.filter(({ key }) => !known.has(key))].sort((a, b) => a.sinceMs - b.sinceMs), unanswered };
}

/** The records of those that one may see; the API asks no sites, and that is said. */
async function findAtApi(cli: Cli, api: BreakwaterHttpClient, { sites }: LeftoversOptions): Promise<Found> {
  const all = await api.leftovers();
  if (sites) hint(cli, 'By the records alone: the API asks no sites what they hold; --direct does.');
  return { all, unanswered: [] };
}

async function list(cli: Cli, command: Command, options: LeftoversOptions): Promise<number> {
  const { output, json } = options;
  const { all, unanswered } = await through(cli, command, {
    direct: () => find(cli, options),
    api: (api) => findAtApi(cli, api, options),
  });
  show(cli.terminal, json ? 'json' : output, all, () => all.flatMap(lines));
  for (const site of unanswered) cli.terminal.err(`${cli.terminal.paint('red', 'not asked')} ${plainText(site)}\n`);
  hint(
    cli,
    all.length > 0 ? 'Undo it by hand, then: breakwater leftovers clear KEY --reason "…"' : 'Nothing that is known of was left behind.',
  );
  if (all.length > 0) return EXIT.leftover;
  return unanswered.length > 0 ? EXIT.platform : EXIT.held;
}

interface ClearOptions {
  by: string;
  reason: string;
}

/** A run, or a key of it: keys begin with the run's id. */
const namedBy = (name: string) => ({ isKey: name.includes('/'), workflowId: name.split('/')[0] ?? name });

/** @returns how many leftovers are cleared */
async function clear(cli: Cli, name: string, { by, reason }: ClearOptions): Promise<number> {
  const { CLEARED, openLeftovers } = await import('../report/leftovers.ts');
  const { isKey, workflowId } = namedBy(name);
  return withRecords(cli.config(), async (records) => {
    const run = await requireRun(records, workflowId);
    const open = openLeftovers(run, await records.events(workflowId)).filter(({ key }) => !isKey || key === name);
    if (open.length === 0)
      throw new CliError(
        EXIT.usage,
        `${name.slice(0, 300)} has nothing that waits for a person.`,
        '`breakwater leftovers` lists what does.',
      );
    const atMs = Date.now();
    const data = { by, reason, what: open.map(({ what }) => what), ...(isKey && { key: name }) };
    await records.appendEvents(workflowId, [{ key: `${CLEARED}/${atMs}/${isKey ? name : 'all'}`, atMs, kind: CLEARED, data }]);
    return open.length;
  });
}

async function clearAtApi(api: BreakwaterHttpClient, name: string, { reason }: ClearOptions): Promise<number> {
  const { isKey, workflowId } = namedBy(name);
  return (await api.clearLeftovers(workflowId, { reason, ...(isKey && { key: name }) })).length;
}

/** `breakwater leftovers`, `breakwater leftovers clear RUN|KEY` */
export function leftovers(program: Command, cli: Cli): void {
  const command = withApi(withOutput(program.command('leftovers').enablePositionalOptions()))
    .summary('list what could not be undone, with the command that undoes it by hand')
    .description(
      'Lists what could not be undone and that nobody has cleared since: from the records, and from the leases of every site. Exit code 6 when there is any, 7 when a site could not be asked.',
    )
    .option('--json', 'the same as -o json')
    .option('--no-sites', 'from the records alone')
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater leftovers\n  $ breakwater leftovers clear pause.payment-worker.staging.20261123-2010.k7f2 --reason "woken by hand"',
    )
    .action(async (options: LeftoversOptions, own: Command) => {
      cli.finish(await list(cli, own, options));
    });
  withApi(command.command('clear'))
    .summary('note that a person has looked')
    .description(
      'Notes that a person has looked at what a run left behind, or at one key of it. The record stays; the list no longer shows it.',
    )
    .argument('<run-or-key>', 'id of the run, or a key that `breakwater leftovers` shows')
    .option('--by <name>', 'who has looked; not through the API', personArgument, userName())
    .requiredOption('--reason <text>', 'what was found and done', reasonArgument)
    .action(async (name: string, options: ClearOptions, own: Command) => {
      const count = await through(cli, own, {
        direct: () => clear(cli, name, options),
        api: (api) => clearAtApi(api, name, options),
      });
      hint(cli, `Noted for ${count === 1 ? 'one leftover' : `${count} leftovers`} of ${namedBy(name).workflowId}; its record stays.`);
    });
}
