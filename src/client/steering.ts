/** What a person does to a run, by the names of the client's doors. */
export type Steer = 'approve' | 'reject' | 'abort' | 'pause' | 'resume';

/** Why a run refused an act; undefined for any other error. By name, because the SDK is loaded only where it is needed. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'WorkflowUpdateFailedError') return undefined;
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** Whether the run itself has put on record that it refused: an approval that was looked at, and did not count. */
export const isOnRecord = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof Error && (error.cause as { type?: unknown }).type === 'NotCounted';
