import { MockActivityEnvironment } from '@temporalio/testing';
import { createRemedyActivities } from '../../src/activities/remedies.ts';
import { DEPLOYMENTS, NAMESPACES } from '../../src/domain/kubernetes/resources.ts';
import { memoryCluster } from '../support/writable-cluster.ts';

test('each attempt of one order knows the earlier ones: what must not be done twice is done once', async () => {
  const kubernetes = memoryCluster();
  kubernetes.put(NAMESPACES, { metadata: { name: 'shop', annotations: { 'breakwater.dev/enabled': 'true' } } });
  kubernetes.put(DEPLOYMENTS, { metadata: { name: 'web', namespace: 'shop' }, spec: {} });
  const { applyRemedy } = createRemedyActivities(
    { commands: null as never, http: null as never, secrets: null as never, kubernetes },
    { site: 'local' },
  );
  const attempt = (info: { activityId: string; attempt: number; runId?: string }) =>
    new MockActivityEnvironment({ ...info, workflowExecution: { workflowId: 'run/runbook', runId: info.runId ?? 'r1' } }).run(applyRemedy, {
      kind: 'kubernetes-restart',
      namespace: 'shop',
      name: 'web',
    });
  expect(await attempt({ activityId: '1', attempt: 1 })).toBe('restarted Deployment shop/web');
  expect(await attempt({ activityId: '1', attempt: 2 })).toBe('Deployment shop/web was restarted by an earlier attempt');
  expect(await attempt({ activityId: '2', attempt: 1 })).toBe('restarted Deployment shop/web');
  expect(await attempt({ activityId: '2', attempt: 1, runId: 'r2' })).toBe('restarted Deployment shop/web');
});
