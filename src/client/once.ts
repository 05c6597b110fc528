import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { RunInput } from '../domain/run.ts';
import { canonicalDigest } from '../language/digest.ts';
import { parseDocument } from '../language/experiment.ts';
import { inputOf, startOptionsOf, type StartedRun, type StartOptions } from './starting.ts';

/** `conflict`: this requester has used the key for something else, and that is what runs under it. */
export type OnceStarted = { kind: 'started'; run: StartedRun } | { kind: 'conflict'; workflowId: string };

/** Whose a run is, and where. */
export interface RunPlace {
  owner: string;
  environment: string;
}

interface Home {
  temporal: Client;
  taskQueue: string;
}

/** The memo's field with the digest of what was asked for. */
const ASKED = 'asked';

/** The id of the run that a requester starts with a key; two requesters never share one. It holds nothing of the document, so that another document under the same key is noticed. */
export const idOfKey = (requestedBy: string, idempotencyKey: string): string =>
  `run.${canonicalDigest([requestedBy, idempotencyKey]).slice(0, 32)}`;

const askedDigest = ({ document, seed, timeScale, expectedDigest }: StartOptions): string =>
  canonicalDigest({ document, seed, timeScale, expectedDigest });

/**
 * Starts a run once for its requester and key. Temporal itself keeps the id unique, so that of two at the same time one starts it.
 * @throws ZodError when the document is not an experiment
 */
export async function startOnce(home: Home, options: StartOptions & { idempotencyKey: string }): Promise<OnceStarted> {
  const experiment = parseDocument(options.document);
  const workflowId = idOfKey(options.requestedBy, options.idempotencyKey);
  const asked = askedDigest(options);
  const input: RunInput = { ...inputOf(options), issued: { workflowId, atMs: options.issuedAtMs ?? Date.now() } };
  const { memo, ...rest } = startOptionsOf(experiment, options.requestedBy);
  try {
    const handle = await home.temporal.workflow.start('experiment', {
      ...rest,
      memo: { ...memo, [ASKED]: asked },
      taskQueue: home.taskQueue,
      workflowId,
      args: [input],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
    return { kind: 'started', run: { workflowId, runId: handle.firstExecutionRunId, alreadyStarted: false } };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const found = await home.temporal.workflow.getHandle(workflowId).describe();
    if (found.memo?.[ASKED] !== asked) return { kind: 'conflict', workflowId };
    return { kind: 'started', run: { workflowId, runId: found.runId, alreadyStarted: true } };
  }
}

const textOf = (values: unknown): string => (Array.isArray(values) && typeof values[0] === 'string' ? values[0] : '');

/** Whose a run is, by what it was started with. A workflow that is no run of this installation is none. */
export async function runPlace({ temporal, taskQueue }: Home, workflowId: string): Promise<RunPlace | undefined> {
  try {
    const found = await temporal.workflow.getHandle(workflowId).describe();
    if (found.type !== 'experiment' || found.taskQueue !== taskQueue) return undefined;
    const attributes = found.searchAttributes as Record<string, unknown>;
    return { owner: textOf(attributes['BreakwaterOwner']), environment: textOf(attributes['BreakwaterEnvironment']) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
