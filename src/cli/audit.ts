import { Option, type Command } from 'commander';
import type { BreakwaterHttpClient } from '../client.ts';
import { instantArgument } from './arguments.ts';
import { withRecords } from './connect.ts';
import { auditVerify } from './audit-verify.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { through, withApi } from './through.ts';
import { writePieces } from './write-pieces.ts';

interface ExportOptions {
  format: 'jsonl' | 'csv';
  since?: number;
  run?: string;
  out: string;
}

async function exportRecords(cli: Cli, { format, since, run, out }: ExportOptions): Promise<void> {
  const { auditCsv, auditJsonLines } = await import('../report/audit-export.ts');
  const filter = { ...(since !== undefined && { sinceMs: since }), ...(run !== undefined && { workflowId: run }) };
  const write = format === 'csv' ? auditCsv : auditJsonLines;
  await withRecords(cli.config(), (records) => writePieces(cli.terminal, out, write(records.auditPages(filter))));
}

/** Who exports is on the log, too. A stream that breaks is a failure: half a log would be taken for the whole. */
async function* exportAtApi(api: BreakwaterHttpClient, { format, since, run }: ExportOptions): AsyncGenerator<string> {
  const filter = { ...(since !== undefined && { since: new Date(since).toISOString() }), ...(run !== undefined && { run }) };
  if (format === 'csv') yield await api.auditCsv(filter);
  else for await (const entry of api.audit(filter)) yield `${JSON.stringify(entry)}\n`;
}

function exportCommand(group: Command, cli: Cli): void {
  withApi(group.command('export'))
    .summary('write the entries for a SIEM or an archive')
    .description(
      'Writes the entries in the order of the chain. jsonl: one JSON object a line with its hash; a whole one can be verified without the database (`audit verify --file`). csv: for spreadsheets.',
    )
    .addOption(new Option('--format <format>', 'how entries are written').choices(['jsonl', 'csv']).default('jsonl'))
    .option('--since <instant>', 'what happened since: 24h, 2026-11-01, 2026-11-01T08:00:00Z', instantArgument)
    .option('--run <id>', 'only what is about this run')
    .option('--out <file>', 'where to; - is stdout', '-')
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater audit export --out audit.jsonl\n  $ breakwater audit export --since 24h --format csv',
    )
    .action(async (options: ExportOptions, command: Command) => {
      await through(cli, command, {
        direct: () => exportRecords(cli, options),
        api: (api) => writePieces(cli.terminal, options.out, exportAtApi(api, options)),
      });
    });
}

function checkpointCommand(group: Command, cli: Cli): void {
  group
    .command('checkpoint')
    .summary('sign the end of the chain and publish it')
    .description(
      'Signs the end of the chain, hands it to the places that the settings name (BREAKWATER_AUDIT_CHECKPOINTS, BREAKWATER_AUDIT_URL), and prints it as a line of JSON. Control workers do the same by themselves.',
    )
    .option('--key <file>', 'private key; default: BREAKWATER_AUDIT_KEY')
    .addHelpText('after', '\nExample:\n  $ breakwater audit checkpoint --key audit-key.pem >> /mnt/elsewhere/checkpoints.jsonl')
    .action(async ({ key }: { key?: string }) => {
      const config = cli.config();
      const keyFile = key ?? config.audit.keyFile;
      if (keyFile === undefined)
        throw new CliError(
          EXIT.usage,
          'There is no key to sign with.',
          'Give --key FILE or set BREAKWATER_AUDIT_KEY; `breakwater audit keygen FILE` makes one.',
        );
      const { checkpointStores, publishCheckpoint } = await import('../records/audit/publish.ts');
      const stores = checkpointStores(config.audit);
      const checkpoint = await withRecords(config, (records) => publishCheckpoint(records, keyFile, stores));
      if (checkpoint) cli.terminal.out(`${JSON.stringify(checkpoint)}\n`);
      hint(
        cli,
        checkpoint
          ? `Entry ${checkpoint.sequence}; published to ${stores.length} places.`
          : 'The audit log is empty: there is nothing to state.',
      );
    });
}

function keygenCommand(group: Command, cli: Cli): void {
  group
    .command('keygen')
    .argument('<file>', 'where the private key goes; the public one goes to FILE.pub')
    .summary('make a pair of keys for checkpoints')
    .description('Makes an Ed25519 pair: FILE is the private key (PEM, mode 0600), FILE.pub the public one. What is there already stays.')
    .addHelpText('after', '\nExample:\n  $ breakwater audit keygen audit-key.pem')
    .action(async (file: string) => {
      const { writeNewKey } = await import('../records/audit/keys.ts');
      cli.terminal.out(`${await writeNewKey(file)}\n`);
      hint(
        cli,
        `Next: BREAKWATER_AUDIT_KEY=${file} on the control workers; give ${file}.pub to whoever verifies. Approvals have a pair of their own (docs/operations.md).`,
      );
    });
}

/** `breakwater audit verify`, `export`, `checkpoint`, `keygen` */
export function audit(program: Command, cli: Cli): void {
  const group = program
    .command('audit')
    .summary('verify, export and sign the audit log')
    .description(
      'The audit log: everything that is recorded, in a chain of hashes. docs/audit.md tells what it proves and what it does not.',
    );
  auditVerify(group, cli);
  exportCommand(group, cli);
  checkpointCommand(group, cli);
  keygenCommand(group, cli);
}
