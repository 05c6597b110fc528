import type { Command } from 'commander';
import type { SweepRow } from '../client.ts';
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

async function list(cli: Cli, { output, json, sites }: LeftoversOptions): Promise<number> {
  const fromRecords = await withRecords(cli.config(), recorded);
  const { stuck, unanswered } = sites ? await askSites(cli) : { stuck: [], unanswered: [] };
  const known = new Set(fromRecords.map(({ key }) => key));
  const all = [...fromRecords, ...stuck.filter(({ key }) => !known.has(key))].sort((a, b) => a.sinceMs - b.sinceMs);
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

async function clear(cli: Cli, name: string, { by, reason }: ClearOptions): Promise<void> {
  const { CLEARED, openLeftovers } = await import('../report/leftovers.ts');
  const isKey = name.includes('/');
  const workflowId = name.split('/')[0] ?? name;
  await withRecords(cli.config(), async (records) => {
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
    hint(cli, `Noted for ${open.length === 1 ? 'one leftover' : `${open.length} leftovers`} of ${workflowId}; its record stays.`);
  });
}

/** `breakwater leftovers`, `breakwater leftovers clear RUN|KEY` */
export function leftovers(program: Command, cli: Cli): void {
  const command = withOutput(program.command('leftovers'))
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
    .action(async (options: LeftoversOptions) => {
      cli.finish(await list(cli, options));
    });
  command
    .command('clear')
    .summary('note that a person has looked')
    .description(
      'Notes that a person has looked at what a run left behind, or at one key of it. The record stays; the list no longer shows it.',
    )
    .argument('<run-or-key>', 'id of the run, or a key that `breakwater leftovers` shows')
    .option('--by <name>', 'who has looked', personArgument, userName())
    .requiredOption('--reason <text>', 'what was found and done', reasonArgument)
    .action((name: string, options: ClearOptions) => clear(cli, name, options));
}
