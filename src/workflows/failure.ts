import { ActivityFailure, ChildWorkflowFailure, TimeoutFailure } from '@temporalio/workflow';

/** The sentence that a person needs from a failure: its innermost cause, and which activity met it. */
export function reasonOf(failure: unknown): string {
  if (failure instanceof ActivityFailure) {
    const { cause, activityType } = failure;
    if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START')
      return `no worker of the site took ${activityType}; start one (see \`breakwater doctor\`)`;
    return `${activityType}: ${cause ? reasonOf(cause) : failure.message}`;
  }
  if (failure instanceof ChildWorkflowFailure && failure.cause) return reasonOf(failure.cause);
  return failure instanceof Error ? failure.message : String(failure);
}

/** Whether an activity was given up because nobody answered in time. */
export const timedOut = (failure: unknown): boolean => failure instanceof ActivityFailure && failure.cause instanceof TimeoutFailure;
