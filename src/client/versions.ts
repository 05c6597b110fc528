import { setTimeout as delay } from 'node:timers/promises';
import { isGrpcServiceError, type Client } from '@temporalio/client';

/** Codes of gRPC that waiting does not change: INVALID_ARGUMENT, PERMISSION_DENIED, UNIMPLEMENTED, UNAUTHENTICATED. */
const FINAL = [3, 7, 12, 16];
const TRY_AGAIN_MS = 1_000;

/**
 * Makes a version of the control workers the current one, as `temporal worker deployment set-current-version` does: it gets all work from then on.
 * Waits until a worker of it polls, because the server knows of no version before. Safe to repeat.
 * @param buildId undefined: workers without a version get all work
 * @throws ServiceError when the server refuses, or no worker of the version has polled in `withinMs`
 */
export async function makeCurrent(temporal: Client, taskQueue: string, buildId: string | undefined, withinMs: number): Promise<void> {
  const { namespace, identity } = temporal.options;
  const untilMs = Date.now() + withinMs;
  for (;;) {
    try {
      await temporal.workflowService.setWorkerDeploymentCurrentVersion({
        ...{ namespace, identity, deploymentName: taskQueue },
        ...(buildId !== undefined && { buildId }),
      });
      return;
    } catch (error) {
      if (Date.now() >= untilMs || (isGrpcServiceError(error) && FINAL.includes(error.code))) throw error;
      await delay(TRY_AGAIN_MS);
    }
  }
}
