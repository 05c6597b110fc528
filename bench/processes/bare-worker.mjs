import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

/** A worker with the settings of ours, for the bare workflow. */
Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });
const taskQueue = process.env.BREAKWATER_TASK_QUEUE;
const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS });
const shared = {
  connection,
  namespace: 'default',
  stickyQueueScheduleToStartTimeout: '1s',
  maxHeartbeatThrottleInterval: '200ms',
  defaultHeartbeatThrottleInterval: '200ms',
};
const activities = { instant: async () => undefined, quick: async () => undefined };
const workflowsPath = fileURLToPath(new URL('bare-workflow.js', import.meta.url));
const workers = [
  await Worker.create({
    ...shared,
    taskQueue,
    workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }),
    activities,
    maxConcurrentLocalActivityExecutions: 50,
  }),
  await Worker.create({ ...shared, taskQueue: `${taskQueue}.local`, activities, maxConcurrentActivityTaskExecutions: 2_000 }),
];
process.once('SIGTERM', () => {
  for (const worker of workers) worker.shutdown();
});
await Promise.all(workers.map((worker) => worker.run()));
await connection.close();
