import { ApplicationFailure } from '@temporalio/common';

/** Names that cross the wire; classes do not. Renaming one is a breaking change. */
export type Refusal =
  | 'UnknownFault'
  | 'UnknownProvider'
  | 'UnknownProbe'
  | 'UnknownTarget'
  | 'UnknownRemedy'
  | 'RemedyFailed'
  | 'NotUndone'
  | 'ForeignEnvironment';

/** A failure that no retry can heal. */
export const refuse = (why: Refusal, message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, why);
