import type { Command } from 'commander';
import type { Cli } from './context.ts';
import { checkApprovals } from './doctor/approvals.ts';
import { checkDatabase } from './doctor/database.ts';
import { checkPolicy, checkRego } from './doctor/policy.ts';
import { checkFile } from './doctor/file.ts';
import { findingLines, type Finding } from './doctor/finding.ts';
import { checkTemporal } from './doctor/temporal.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { hint } from './context.ts';
import { show, withOutput, type Format } from './output.ts';

interface DoctorOptions {
  output: Format;
  kubernetes?: boolean;
}

async function examine(cli: Cli, file: string | undefined, isEachVerb: boolean): Promise<Finding[]> {
  if (file === undefined && isEachVerb)
    throw new CliError(
      EXIT.usage,
      '--kubernetes needs an experiment file: which verbs are needed depends on it',
      'breakwater doctor --kubernetes FILE',
    );
  const config = cli.config();
  const [temporal, database] = await Promise.all([checkTemporal(config), checkDatabase(config)]);
  const platform = [...temporal, ...database, await checkPolicy(config), ...(await checkRego(config)), await checkApprovals(config)];
  if (file === undefined) return platform;
  // Probes are asked by workers: without them there is nobody to ask.
  const canAsk = temporal.every(({ status }) => status !== 'fail');
  return [...platform, ...(await checkFile(cli, file, canAsk, isEachVerb))];
}

/** `breakwater doctor [--kubernetes] [FILE]` */
export function doctor(program: Command, cli: Cli): void {
  withOutput(program.command('doctor'))
    .summary('check what a run needs')
    .description(
      'Checks Temporal, its namespace and search attributes, workers, database, clocks, and, with a file, whether its probes return data and whether its site may do in its cluster what it needs. Touches nothing. Exit code 7 when something fails.',
    )
    .argument('[file]', 'experiment file whose probes are asked')
    .option('--kubernetes', 'tell of each verb whether the site has it, and print the Role that grants what is missing')
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater doctor\n  $ breakwater doctor experiment.yaml -o json\n  $ breakwater doctor --kubernetes experiment.yaml',
    )
    .action(async (file: string | undefined, { output, kubernetes = false }: DoctorOptions) => {
      const findings = await examine(cli, file, kubernetes);
      show(cli.terminal, output, findings, () => findingLines(findings, cli.terminal.paint));
      const failed = findings.filter(({ status }) => status === 'fail').length;
      hint(cli, failed === 0 ? 'Next: breakwater plan FILE' : `${failed} of ${findings.length} checks failed`);
      cli.finish(failed === 0 ? EXIT.held : EXIT.platform);
    });
}
