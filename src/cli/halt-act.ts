import type { Halt, HaltOutcome, HaltProgress } from '../client.ts';
import { duration } from '../report/format.ts';
import { withClient } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { show, type Format } from './output.ts';
import { plainText } from './plain-text.ts';
import { facts } from './table.ts';

/** Options of `halt` and `incident`. */
export interface HaltActOptions {
  output: Format;
  by: string;
  reason?: string;
  environment?: string;
  timeout: number;
}

/** What a halt came to, in a few lines. */
const outcomeLines = ({ environment, halt, stopped, left, lastUndoMs, verdicts, leftovers }: HaltOutcome): string[] =>
  facts([
    [halt.kind === 'incident' ? 'Incident' : 'Halted', environment === '_all' ? 'every environment' : environment],
    ['By', halt.by],
    ['Reason', halt.reason],
    [
      'Stopped',
      `${stopped} live runs${
        stopped > 0
          ? ` (${Object.entries(verdicts)
              .map(([verdict, count]) => `${count} ${verdict}`)
              .join(', ')})`
          : ''
      }`,
    ],
    ['Last undo', lastUndoMs === undefined ? 'nothing was live' : `${duration(Math.max(0, lastUndoMs))} after the halt`],
    ...left.map((id): [string, string] => ['Still open', id]),
    ...leftovers.map((what): [string, string] => ['LEFT BEHIND', what]),
  ]);

/** A line on stderr whenever something moved. */
function progressLines(cli: Cli): (progress: HaltProgress) => void {
  let said = '';
  return ({ told, stopped, left }) => {
    const line = `${stopped} of ${told} live runs have stopped${left.length > 0 ? `; ${left.length} undo and recover` : ''}`;
    if (line !== said) cli.terminal.err(`${line}\n`);
    said = line;
  };
}

/** Halts, waits until the runs have closed, and says how it went. */
export async function haltNow(cli: Cli, kind: Halt['kind'], { environment, by, reason, timeout, output }: HaltActOptions): Promise<void> {
  if (reason === undefined) throw new CliError(EXIT.usage, 'Why? Write --reason <text>: everybody who is stopped by it will ask.');
  const options = { kind, by, reason, ...(environment !== undefined && { environment }) };
  const { outcome, known } = await withClient(cli.config(), async (client) => ({
    known: Object.keys(await client.ledgers().catch(() => ({}))),
    outcome: await client.halt(options, timeout, progressLines(cli)),
  }));
  show(cli.terminal, output, outcome, () => outcomeLines(outcome));
  if (environment !== undefined && outcome.told === 0 && !known.includes(environment))
    hint(cli, `No run was ever seen in '${plainText(environment)}'. Environments with a ledger: ${known.join(', ') || 'none'}.`);
  hint(
    cli,
    `New runs are refused until: breakwater halt lift${environment === undefined ? '' : ` --environment ${environment}`} --reason TEXT`,
  );
  cli.finish(outcome.leftovers.length > 0 ? EXIT.leftover : outcome.left.length > 0 ? EXIT.timedOut : EXIT.held);
}
