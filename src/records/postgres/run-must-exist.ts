import { RecordsError, refused } from '../errors.ts';

/** Says in our words what a foreign key says in its own: 23503 is its SQLSTATE. */
export async function runMustExist(workflowId: string, write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (cause) {
    if (cause instanceof RecordsError && cause.message.endsWith('(SQLSTATE 23503)'))
      throw refused(`no run ${workflowId} is recorded; openRun comes first`);
    throw cause;
  }
}
