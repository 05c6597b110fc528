import type { PlanResult, StartOptions } from '../client.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { Reserved } from './worth-view.ts';

/** What `plan` and `run` are given about the run to be. */
export interface PlanOptions {
  seed?: number;
  timeScale?: number;
  requestedBy: string;
}

/** A plan that may be shown, and what would start it. */
export interface Planned {
  result: Extract<PlanResult, { valid: true }>;
  /** Starts exactly this plan: seed and digest are fixed. */
  start: StartOptions;
  /** What live waves have reserved of the error budgets that it names; absent: it names none, or the ledger does not answer. */
  reserved?: Reserved;
}

/** @throws CliError when the workers refuse the plan */
export function mustBeValid(result: PlanResult): Planned['result'] {
  if (result.valid) return result;
  throw new CliError(EXIT.usage, result.reason, 'A file that is valid here and not there: are CLI and worker of the same version?');
}
