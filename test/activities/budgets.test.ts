import { MockActivityEnvironment } from '@temporalio/testing';
import { createBudgets } from '../../src/activities/budgets.ts';
import { createProbePorts } from '../../src/adapters/probes/index.ts';
import { parseDocument } from '../../src/language/experiment.ts';
import { kubernetes } from '../support/no-cluster.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { openSystem } from './system.ts';

test('what is left of each error budget, or why nobody can tell', async () => {
  const system = await openSystem();
  Object.assign(system.answers, { errors: 0, good: 9_995, total: 10_000, none: 0 });
  const probes = createProbePorts({ secrets: { get: () => Promise.reject(new Error('no secrets here')) }, kubernetes });
  const provider = (name: string) => (system.probe(name) as { provider: object }).provider;
  const slo = (good: string, total: string) => ({ objective: '99.9%', good: provider(good), total: provider(total) });
  const experiment = parseDocument(
    experimentDocument({ probes: { errors: system.probe('errors') }, slo: { half: slo('good', 'total'), idle: slo('none', 'none') } }),
  );
  try {
    const measured = (environments: string[]) =>
      new MockActivityEnvironment().run(createBudgets({ site: 'local', environments, probes }).measureBudgets, experiment);
    const budgets = await measured([experiment.metadata.environment]);
    expect(budgets).toEqual({ half: { left: expect.closeTo(0.5, 6) as number }, idle: { unknown: 'total is 0: no events' } });
    await expect(measured(['another'])).rejects.toThrow(/another/);
  } finally {
    await Promise.all([probes.close(), system.close()]);
  }
});
