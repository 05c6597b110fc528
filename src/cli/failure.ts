import { CommanderError } from 'commander';
import { CliError, EXIT } from './exit-codes.ts';
import { plainText } from './plain-text.ts';
import type { Terminal } from './terminal.ts';

/** What is said and what the process ends with. */
interface Failure {
  exitCode: number;
  /** One line each; the first is the sentence. */
  lines: string[];
}

/** Messages of errors are data of others: bounded, one line, harmless. */
const sentence = (text: string): string => plainText(text).slice(0, 1_000);

const named = (error: unknown, ...names: string[]): error is Error & { problems?: unknown; format?(): string; cause?: Error } =>
  error instanceof Error && names.includes(error.name);

/** The innermost message: what the workflow, or the server, really said. */
function innermost(error: Error): string {
  return error.cause instanceof Error ? innermost(error.cause) : error.message;
}

const RUN_LIST = '`breakwater runs` lists the runs';

/** By name and not by class: the SDK is loaded only by the commands that need it. */
function explain(error: unknown): Failure {
  if (error instanceof CliError)
    return { exitCode: error.exitCode, lines: [sentence(error.message), ...(error.remedy ? [error.remedy] : [])] };
  if (named(error, 'ExperimentError', 'ConfigError', 'AuditError'))
    return { exitCode: EXIT.usage, lines: error.message.split('\n').map(sentence) };
  if (named(error, 'SyncRefused')) return { exitCode: EXIT.usage, lines: [sentence(error.message)] };
  if (named(error, 'WorkflowNotFoundError')) return { exitCode: EXIT.usage, lines: ['Temporal knows no such run.', RUN_LIST] };
  if (named(error, 'TypeError') && error.message.includes('is not a run id'))
    return { exitCode: EXIT.usage, lines: [sentence(error.message)] };
  if (named(error, 'WorkflowUpdateFailedError')) return { exitCode: EXIT.usage, lines: [`Refused: ${sentence(innermost(error))}`] };
  if (named(error, 'ApiProblem')) {
    const { status } = error as { status?: unknown };
    return { exitCode: Number(status) < 500 ? EXIT.usage : EXIT.platform, lines: [`Refused: ${sentence(error.message)}`] };
  }
  if (named(error, 'ScheduleRefused')) return { exitCode: EXIT.usage, lines: [sentence(error.message)] };
  if (named(error, 'ScheduleNotFoundError'))
    return { exitCode: EXIT.usage, lines: ['Temporal knows no such schedule.', '`breakwater schedule list` lists them'] };
  if (named(error, 'PublishError'))
    return { exitCode: EXIT.platform, lines: [sentence(error.message), 'try again: it is in the database'] };
  if (named(error, 'RecordsError'))
    return { exitCode: EXIT.platform, lines: [sentence(error.message), 'BREAKWATER_DATABASE_URL names the database'] };
  if (named(error, 'WorkflowFailedError'))
    return {
      exitCode: EXIT.platform,
      lines: [`The run did not end by itself: ${sentence(innermost(error))}`, 'look at it in Temporal Web; leases undo what it held'],
    };
  if (named(error, 'NamespaceNotFoundError'))
    return { exitCode: EXIT.platform, lines: [`Temporal has no such namespace: ${sentence(error.message)}`, 'set TEMPORAL_NAMESPACE'] };
  if (named(error, 'ServiceError', 'WorkflowUpdateRPCTimeoutOrCancelledError'))
    return {
      exitCode: EXIT.platform,
      lines: [`Temporal did not answer: ${sentence(innermost(error))}`, '`breakwater doctor` tells what is missing'],
    };
  const said = error instanceof Error ? innermost(error) : String(error);
  return { exitCode: EXIT.platform, lines: [`Breakwater failed: ${sentence(said)}`, 'BREAKWATER_LOG_LEVEL=debug shows where'] };
}

/** What went wrong, in one sentence, and what a process that ends because of it would end with. */
export function failureOf(error: unknown): { exitCode: number; reason: string } {
  const { exitCode, lines } = explain(error);
  return { exitCode, reason: lines.join(' ') };
}

/** Tells a person what went wrong. @returns the exit code */
export function reportFailure(error: unknown, terminal: Terminal, env: NodeJS.ProcessEnv): number {
  // Commander has said it already; help and version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.held : EXIT.usage;
  const { exitCode, lines } = explain(error);
  const [first = '', ...rest] = lines;
  terminal.err([terminal.paint('red', first), ...rest, ''].join('\n'));
  if (/^(debug|trace)$/.test(env['BREAKWATER_LOG_LEVEL'] ?? '') && error instanceof Error) terminal.err(`${error.stack ?? ''}\n`);
  return exitCode;
}
