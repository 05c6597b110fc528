import type { Command } from 'commander';
import type { BreakwaterHttpClient, Halt, HaltOptions, HaltOutcome, HaltProgress } from '../client.ts';
import { duration } from '../report/format.ts';
import { withClient } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { HALT_WITHIN_MS, haltAtApi, haltedLines } from './halt-at-api.ts';
import { show, type Format } from './output.ts';
import { plainText } from './plain-text.ts';
import { facts } from './table.ts';
import { through } from './through.ts';

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

const liftWith = (environment: string | undefined): string =>
  `New runs are refused until: breakwater halt lift${environment === undefined ? '' : ` --environment ${environment}`} --reason TEXT`;

/** Halts, waits until the runs have closed, and says how it went. */
async function haltAtTemporal(cli: Cli, options: HaltOptions, { timeout, output }: HaltActOptions): Promise<number> {
  const { environment } = options;
  const { outcome, known } = await withClient(cli.config(), async (client) => ({
    known: Object.keys(await client.ledgers().catch(() => ({}))),
    outcome: await client.halt(options, timeout, progressLines(cli)),
  }));
  show(cli.terminal, output, outcome, () => outcomeLines(outcome));
  if (environment !== undefined && outcome.told === 0 && !known.includes(environment))
    hint(cli, `No run was ever seen in '${plainText(environment)}'. Environments with a ledger: ${known.join(', ') || 'none'}.`);
  hint(cli, liftWith(environment));
  return outcome.leftovers.length > 0 ? EXIT.leftover : outcome.left.length > 0 ? EXIT.timedOut : EXIT.held;
}

/** Halts by the API, which answers once the flag stands and the runs are told; it does not wait for their ends. */
async function haltThroughApi(cli: Cli, api: BreakwaterHttpClient, options: HaltOptions, output: Format): Promise<number> {
  const halted = await haltAtApi(api, options);
  show(cli.terminal, output, halted, () => haltedLines(halted));
  hint(cli, 'The API does not wait until they have closed: `breakwater runs` shows their ends, `breakwater leftovers` what stayed.');
  hint(cli, liftWith(options.environment));
  return EXIT.held;
}

/** `halt` and `incident`, in the way that was asked for. */
export async function haltNow(cli: Cli, command: Command, kind: Halt['kind'], given: HaltActOptions): Promise<void> {
  const { environment, by, reason, output } = given;
  if (reason === undefined) throw new CliError(EXIT.usage, 'Why? Write --reason <text>: everybody who is stopped by it will ask.');
  const options = { kind, by, reason, ...(environment !== undefined && { environment }) };
  const code = await through(cli, command, {
    direct: () => haltAtTemporal(cli, options, given),
    api: (api) => haltThroughApi(cli, api, options, output),
    apiWithinMs: HALT_WITHIN_MS,
  });
  cli.finish(code);
}
