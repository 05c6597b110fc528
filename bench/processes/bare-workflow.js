import { proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';

/** As many activities as a run of ours, with the same options and nothing in them: what Temporal itself costs. */
export async function bare({ regular, local }) {
  const { instant } = proxyActivities({
    taskQueue: `${workflowInfo().taskQueue}.local`,
    startToCloseTimeout: '1m',
    scheduleToStartTimeout: '60s',
    heartbeatTimeout: '3s',
  });
  const { quick } = proxyLocalActivities({ startToCloseTimeout: '10s' });
  for (let i = 0; i < Math.max(regular, local); i++) {
    if (i < local) await quick();
    if (i < regular) await instant();
  }
}
