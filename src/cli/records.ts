import type { Command } from 'commander';
import type { Retention } from '../records/ports.ts';
import { utc } from '../report/format.ts';
import { durationArgument } from './arguments.ts';
import { withRecords } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { show, withOutput, type Format } from './output.ts';

interface PruneOptions {
  output: Format;
  samples?: number;
  buckets?: number;
  dryRun?: boolean;
}

/** Deleting a million rows takes its time; a signal of a week is one statement. */
const STATEMENT_WITHIN_MS = 120_000;
/** A run whose worker was cut off may still hand in what it measured. */
const LEAST_AGE_MS = 3_600_000;

function retentionOf(samplesMs: number, bucketsMs: number, nowMs: number): Retention {
  if (samplesMs < LEAST_AGE_MS)
    throw new CliError(
      EXIT.usage,
      'Samples are kept for an hour at least.',
      'A run that just ended may still hand in samples. Give --samples 1h or more.',
    );
  if (bucketsMs < samplesMs)
    throw new CliError(
      EXIT.usage,
      'Buckets would be kept for a shorter time than the samples that they replace.',
      'Give --buckets (BREAKWATER_BUCKETS_DAYS) a time as long as --samples (BREAKWATER_SAMPLES_DAYS), or longer.',
    );
  return { samplesSinceMs: nowMs - samplesMs, bucketsSinceMs: nowMs - bucketsMs };
}

async function prune(cli: Cli, { output, samples, buckets, dryRun = false }: PruneOptions): Promise<void> {
  const config = cli.config();
  const retention = retentionOf(samples ?? config.samplesKeptMs, buckets ?? config.bucketsKeptMs, Date.now());
  const pruned = await withRecords(config, (records) => records.prune(retention, !dryRun), STATEMENT_WITHIN_MS);
  const replaced = `${pruned.samples} samples of ${pruned.signals} signals of runs that ended before ${utc(retention.samplesSinceMs)}`;
  const deleted = `${pruned.buckets} buckets of runs that ended before ${utc(retention.bucketsSinceMs)}`;
  show(cli.terminal, output, { ...retention, dryRun, ...pruned }, () =>
    dryRun ? [`would replace ${replaced}`, `would delete ${deleted}`] : [`replaced ${replaced}`, `deleted ${deleted}`],
  );
  if (pruned.samples > 0 && !dryRun)
    hint(cli, 'PostgreSQL gives the room to new rows by itself; to shrink the file: VACUUM FULL breakwater.samples.');
}

/** Longest time of a migration's statement. */
const MIGRATE_WITHIN_MS = 60_000;

/** `breakwater records prune`, `breakwater records migrate` */
export function records(program: Command, cli: Cli): void {
  const group = program
    .command('records')
    .summary('keep the records small, and their schema up to date')
    .description(
      'Keeps the records small, and their schema up to date. Runs, events, verdicts and the numbers of each signal are never deleted.',
    );
  group
    .command('migrate')
    .summary('create or upgrade the schema')
    .description(
      'Creates or upgrades the schema of the records. A worker does so when it starts; run this first, as the owner of the schema, where workers have a role of their own that may not (docs/audit.md).',
    )
    .action(async () => {
      await withRecords(cli.config(), (database) => database.migrate(), MIGRATE_WITHIN_MS);
      hint(cli, 'The schema is up to date.');
    });
  withOutput(group.command('prune'))
    .summary('replace old samples by buckets, delete old buckets')
    .description(
      'Replaces the samples of runs that ended long ago by buckets (least, greatest, mean and last value, how many, what failed), and deletes buckets that are older still. Every number of a report was reckoned from all samples and stays. Run it once a day; repeated or interrupted, it does no harm.',
    )
    .option('--samples <duration>', 'keep samples this long after the end of a run; default: BREAKWATER_SAMPLES_DAYS', durationArgument)
    .option('--buckets <duration>', 'keep buckets this long after the end of a run; default: BREAKWATER_BUCKETS_DAYS', durationArgument)
    .option('--dry-run', 'only count')
    .addHelpText('after', '\nExamples:\n  $ breakwater records prune --dry-run\n  $ breakwater records prune --samples 14d --buckets 365d')
    .action((options: PruneOptions) => prune(cli, options));
}
