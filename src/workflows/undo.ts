import { CancellationScope, log } from '@temporalio/workflow';

/** One armed undo. `run` answers what it found, or throws when it could not. */
export interface Undo {
  what: string;
  run(): Promise<string>;
}

/** What became of the body and of the undos. */
export interface Undone {
  error?: unknown;
  /** What could not be undone: a person must look. */
  stuck: string[];
  done: { what: string; evidence: string }[];
}

/**
 * Runs `body`, which arms each undo before its deed, then undoes all of it whatever happened: breach, cancel, error.
 * Undos run side by side in a scope that nobody can cancel; one that fails never stops the others.
 */
export async function withUndo(body: (arm: (undo: Undo) => void) => Promise<void>, beforeUndo: () => void): Promise<Undone> {
  const armed: Undo[] = [];
  const error = await body((undo) => armed.push(undo)).then(
    () => undefined,
    (cause: unknown) => cause ?? new Error('failed without a reason'),
  );
  beforeUndo();
  const outcome: Undone = { stuck: [], done: [], ...(error !== undefined && { error }) };
  await CancellationScope.nonCancellable(async () => {
    await Promise.all(
      armed.reverse().map(async ({ what, run }) => {
        try {
          outcome.done.push({ what, evidence: await run() });
        } catch (cause) {
          outcome.stuck.push(what);
          log.error('undo failed', { what, cause: String(cause) });
        }
      }),
    );
  });
  return outcome;
}
