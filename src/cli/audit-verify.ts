import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Command } from 'commander';
import type { KeptCheckpoints } from '../records/audit/checkpoint-file.ts';
import type { Verification } from '../records/audit/verify.ts';
import { withRecords } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { show, withOutput, type Format } from './output.ts';
import { plainText } from './plain-text.ts';

interface VerifyOptions {
  output: Format;
  json?: boolean;
  checkpoints?: string;
  publicKey?: string;
  file?: string;
}

/** A million entries are read in pages, but what is compared with them is one statement. */
const STATEMENT_WITHIN_MS = 300_000;

async function publicKeys(cli: Cli, given: string | undefined): Promise<KeyObject[]> {
  const { readPublicKey, readSigningKey } = await import('../records/audit/keys.ts');
  if (given !== undefined) return [await readPublicKey(given)];
  const { keyFile } = cli.config().audit;
  if (keyFile === undefined)
    throw new CliError(
      EXIT.usage,
      'Checkpoints prove nothing without the public key that they were signed with.',
      'Give --public-key FILE.',
    );
  return [createPublicKey((await readSigningKey(keyFile)).privateKey)];
}

async function checkpointsOf(cli: Cli, { checkpoints, publicKey }: VerifyOptions): Promise<KeptCheckpoints> {
  const file = checkpoints ?? cli.config().audit.checkpointFile;
  if (file === undefined) return { checkpoints: [], unreadable: [] };
  const { readCheckpoints } = await import('../records/audit/checkpoint-file.ts');
  return readCheckpoints(file, await publicKeys(cli, publicKey));
}

async function inspect(cli: Cli, file: string | undefined, { checkpoints }: KeptCheckpoints): Promise<Verification> {
  const published = checkpoints.filter(({ isSigned }) => isSigned).map(({ checkpoint }) => checkpoint);
  if (file !== undefined) {
    const { verifyExport } = await import('../records/audit/exported.ts');
    return { ...(await verifyExport(file, published)), contradictions: [], olderRuns: 0 };
  }
  const { verifyAudit } = await import('../records/audit/verify.ts');
  return withRecords(cli.config(), (records) => verifyAudit(records, published), STATEMENT_WITHIN_MS);
}

/** What is wrong, a line each; none: all is well. */
const problemsOf = ({ tampering, contradictions }: Verification, { checkpoints, unreadable }: KeptCheckpoints): string[] => [
  ...(tampering ? [`${tampering.kind}: ${tampering.what}`] : []),
  ...unreadable.map(({ line, why }) => `unreadable checkpoint: line ${line}: ${why}`),
  ...checkpoints.flatMap(({ line, checkpoint, isSigned }) =>
    isSigned ? [] : [`forged checkpoint: line ${line}, of entry ${checkpoint.sequence}, is not signed by the key that was given`],
  ),
  ...contradictions.map(({ workflowId, what, kind }) => `record ${kind}: ${what} of ${workflowId} is not what the audit log says`),
];

const summary = ({ entries, head, matched, olderRuns }: Verification): string => {
  const older = olderRuns === 0 ? '' : `; ${olderRuns === 1 ? '1 run is' : `${olderRuns} runs are`} not in it, and older`;
  if (entries === 0) return `the audit log is empty${older}`;
  const matches = matched === 1 ? '1 checkpoint matches' : `${matched} checkpoints match`;
  return `${entries} entries; good up to ${head.sequence} (${head.hash}); ${matches}${older}`;
};

async function verify(cli: Cli, options: VerifyOptions): Promise<void> {
  const kept = await checkpointsOf(cli, options);
  const found = await inspect(cli, options.file, kept);
  const problems = problemsOf(found, kept);
  const data = {
    good: problems.length === 0,
    ...found,
    forgedCheckpoints: kept.checkpoints.filter(({ isSigned }) => !isSigned).map(({ line }) => line),
    unreadableCheckpoints: kept.unreadable.map(({ line }) => line),
  };
  show(cli.terminal, options.json ? 'json' : options.output, data, () => [
    ...problems.map((problem) => cli.terminal.paint('red', plainText(problem))),
    summary(found),
  ]);
  if (problems.length === 0 && found.matched === 0)
    hint(
      cli,
      'No checkpoint was compared: that nothing is gone from the end, or that all was not written anew, is not proven. Give --checkpoints FILE --public-key FILE.',
    );
  cli.finish(problems.length === 0 ? EXIT.held : EXIT.violated);
}

/** `breakwater audit verify` */
export function auditVerify(group: Command, cli: Cli): void {
  withOutput(group.command('verify'))
    .summary('find an entry that was edited, deleted, inserted, moved or cut off')
    .description(
      'Verifies every entry of the audit log, the signed checkpoints that were published, and that runs and events still are what the log says they were. Names the first entry that is not as it was written. Exit code 0: all is good; 3: somebody has tampered with it.',
    )
    .option('--json', 'the same as -o json')
    .option('--checkpoints <file>', 'published checkpoints; default: BREAKWATER_AUDIT_CHECKPOINTS')
    .option('--public-key <file>', 'the key that they were signed with; default: that of BREAKWATER_AUDIT_KEY')
    .option('--file <export>', 'verify a whole export (jsonl) instead of the database')
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater audit verify --checkpoints checkpoints.jsonl --public-key audit-key.pem.pub\n  $ breakwater audit verify --file audit.jsonl',
    )
    .action((options: VerifyOptions) => verify(cli, options));
}
