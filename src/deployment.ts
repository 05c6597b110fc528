import type { WorkerOptions } from '@temporalio/worker';
import type { Config } from './config.ts';

/**
 * How Temporal's worker versioning sees the workers of the control queue; nothing without a build id. Workers of sites are not versioned: a site has
 * one, with one journal.
 *
 * Runs move to the current version by themselves (`AUTO_UPGRADE`): every version replays the histories of those before it, and a run pinned to a
 * version whose workers are gone would undo nothing.
 */
export const deploymentOf = ({
  buildId,
  taskQueue,
}: Pick<Config, 'buildId' | 'taskQueue'>): Pick<WorkerOptions, 'workerDeploymentOptions'> =>
  buildId === undefined
    ? {}
    : {
        workerDeploymentOptions: {
          version: { deploymentName: taskQueue, buildId },
          useWorkerVersioning: true,
          defaultVersioningBehavior: 'AUTO_UPGRADE',
        },
      };
