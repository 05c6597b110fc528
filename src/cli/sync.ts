import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { BreakwaterClient } from '../client.ts';
import type { Config } from '../config.ts';
import { SYNC_KINDS, type SyncKind } from '../gitops/change.ts';
import type { ScheduleDoors } from '../gitops/schedules.ts';
import type { ReadSchedule } from '../schedules/read.ts';
import { withClient, withRecords } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { show, withOutput, type Format } from './output.ts';
import { syncLines } from './sync-view.ts';

interface SyncCommandOptions {
  output: Format;
  json?: boolean;
  apply?: boolean;
  prune?: boolean;
  adopt?: boolean;
  only?: SyncKind;
  name?: string;
  allowDirty?: boolean;
  policiesTo?: string;
  protectedBranch?: string;
  allowedSigners?: string;
  machine: string[];
  key?: string;
}

/** The doors to schedules, and the language of their files. */
async function doorsOf({ schedules }: BreakwaterClient): Promise<ScheduleDoors> {
  const { readSchedule } = await import('../schedules/read.ts');
  return {
    read: readSchedule,
    diff: (read) => schedules.diff(read as ReadSchedule),
    apply: (read, requestedBy) => schedules.apply(read as ReadSchedule, requestedBy),
    list: () => schedules.list(),
    remove: (name) => schedules.remove(name),
  };
}

async function optionsOf(cli: Cli, config: Config, dir: string, given: SyncCommandOptions) {
  const [{ openGit }, { checkAllowedSigners }, { readSigningKey }] = await Promise.all([
    import('../gitops/git.ts'),
    import('../gitops/allowed-signers.ts'),
    import('../records/audit/keys.ts'),
  ]);
  const keyFile = given.key ?? config.gitops.keyFile;
  const policiesTo = given.policiesTo === undefined ? config.gitops.policiesTo : resolve(given.policiesTo);
  if (given.allowedSigners !== undefined && given.protectedBranch === undefined)
    throw new CliError(
      EXIT.usage,
      '--allowed-signers without --protected-branch: a review counts only in a protected branch',
      'Add --protected-branch origin/main.',
    );
  if (given.allowedSigners !== undefined) await checkAllowedSigners(resolve(given.allowedSigners));
  return {
    folder: resolve(dir),
    git: openGit(resolve(dir), cli.env, given.allowedSigners === undefined ? undefined : resolve(given.allowedSigners)),
    kinds: given.only === undefined ? SYNC_KINDS : [given.only],
    prune: given.prune ?? false,
    adopt: given.adopt ?? false,
    allowDirty: given.allowDirty ?? false,
    nowMs: () => Date.now(),
    ...(given.name !== undefined && { name: given.name }),
    ...(keyFile !== undefined && { key: await readSigningKey(keyFile) }),
    ...(policiesTo !== undefined && { policiesTo }),
    ...(given.protectedBranch !== undefined && { reviews: { branch: given.protectedBranch, machines: given.machine } }),
  };
}

async function execute(cli: Cli, dir: string, given: SyncCommandOptions): Promise<number> {
  const config = cli.config();
  const [{ applySync, planSync }, options] = await Promise.all([import('../gitops/sync.ts'), optionsOf(cli, config, dir, given)]);
  const sync = given.apply ? applySync : planSync;
  const withDoors = <R>(use: (doors?: ScheduleDoors) => Promise<R>): Promise<R> =>
    options.kinds.includes('schedules') ? withClient(config, async (client) => use(await doorsOf(client))) : use();
  const report = await withRecords(config, (records) =>
    withDoors((schedules) => sync({ ...options, records, ...(schedules && { schedules }) })),
  );
  show(cli.terminal, given.json ? 'json' : given.output, { ...report, applied: given.apply ?? false }, () =>
    syncLines(report, given.apply ?? false, cli.terminal.paint),
  );
  if (given.apply || report.inSync) return EXIT.held;
  hint(cli, 'Nothing was changed. Next: the same with --apply');
  return EXIT.differs;
}

/** @throws CliError */
function nameArgument(text: string): string {
  if (!/^[a-z0-9][\w./-]{0,99}$/i.test(text)) throw new CliError(EXIT.usage, '--name: expected letters, digits and . _ / -, 100 at most');
  return text;
}

/** `breakwater sync DIR` */
export function sync(program: Command, cli: Cli): void {
  withOutput(program.command('sync'))
    .summary('make experiments, policies and schedules what a Git checkout says')
    .description(
      'Compares a folder of a Git checkout with what is in force, and shows what differs; with --apply makes it so. Everything is checked before anything is changed. Exit code 0: in sync, or done; 9: it differs; 2: a file is wrong. docs/gitops.md tells what counts as reviewed.',
    )
    .argument('<dir>', 'folder of a Git checkout: experiments, policies with their cases and calendars, schedules')
    .option('--apply', 'do it; otherwise it is only shown')
    .option('--prune', 'take away what this sync put in force and the checkout does not have any more')
    .option('--adopt', 'take over policy files of the same name that no sync put there; otherwise they are refused')
    .addOption(new Option('--only <kind>', 'nothing else').choices(SYNC_KINDS))
    .option('--name <name>', 'by which the sync knows its own again; default: host, repository and folder', nameArgument)
    .option('--allow-dirty', 'take what is not committed, too; nothing then counts as reviewed')
    .option('--policies-to <link>', 'symbolic link that leads to the policies in force; default: BREAKWATER_SYNC_POLICIES_TO')
    .option('--protected-branch <branch>', 'branch in which a commit counts as reviewed, as it was fetched: origin/main')
    .option('--allowed-signers <file>', 'whose SSH signatures count, by their e-mail addresses (ssh-keygen(1), ALLOWED SIGNERS)')
    .option(
      '--machine <signer>',
      'a signer that is a machine, such as a forge: what it signs counts by its Reviewed-by alone; can be given again',
      (one: string, before: string[]) => [...before, one],
      [],
    )
    .option('--key <file>', 'private key that states reviews; default: BREAKWATER_REVIEW_KEY; `breakwater audit keygen` makes one')
    .option('--json', 'the same as -o json')
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater sync chaos\n  $ breakwater sync chaos --apply --prune --policies-to /etc/breakwater/policies\n  $ breakwater sync chaos --apply --protected-branch origin/main --allowed-signers allowed_signers --key review-key.pem',
    )
    .action(async (dir: string, options: SyncCommandOptions) => {
      cli.finish(await execute(cli, dir, options));
    });
}
