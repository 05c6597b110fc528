import { MockActivityEnvironment } from '@temporalio/testing';
import { createCensus, type Counted } from '../../src/activities/census.ts';
import type { SitePorts } from '../../src/activities/ports.ts';
import type { AccessReport } from '../../src/domain/kubernetes/grant.ts';
import type { Target } from '../../src/domain/target.ts';
import { parseDocument } from '../../src/language/experiment.ts';
import { targets } from '../../src/targets/index.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { kubernetes } from '../support/no-cluster.ts';

const many = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `${i}`, name: `worker-${i}` }) as Target);
const narrow = { kind: 'process', labels: { app: 'canary' } };
const experiment = parseDocument(
  experimentDocument({ waves: [{ name: 'dry-run', dryRun: true }, { name: 'canary', targets: narrow }, { name: 'stress' }] }),
);
const ports = { site: 'here', targets: { kubernetes } } as unknown as SitePorts;
const count = (report?: AccessReport): Promise<Counted> =>
  new MockActivityEnvironment().run(createCensus(ports, () => Promise.resolve(report)).countTargets, experiment);

/** Six of whom one is not ready, two of them canaries. */
const finding = () =>
  jest.spyOn(targets.process, 'discover').mockImplementation(({ labels }) => {
    const found = many((labels as { app: string }).app === 'canary' ? 2 : 6);
    return Promise.resolve({ targets: found, protected: [], unready: [{ id: '5', name: 'worker-5', why: 'it starts' }] });
  });
afterEach(() => jest.restoreAllMocks());

test('counts those that live and are ready, for each wave, and looks once for each selector', async () => {
  const looks = finding();
  expect(await count()).toEqual({ census: { all: 5, waves: { 'dry-run': 5, canary: 2, stress: 5 } } });
  expect(looks).toHaveBeenCalledTimes(2);
});

test('a site that may not look says what it lacks and counts nobody', async () => {
  const looks = finding();
  const needs = [{ verb: 'list', group: '', resource: 'pods', namespace: 'shop', allowed: false }];
  const { unmet, census } = await count({ user: 'site', needs });
  expect(unmet?.[0]).toMatchObject({ tolerance: 'list pods in namespace shop', why: 'site may not' });
  expect(census).toBeUndefined();
  expect(looks).not.toHaveBeenCalled();
});

test('who cannot be looked for fails the count', async () => {
  jest.spyOn(targets.process, 'discover').mockRejectedValue(new Error('the registry cannot be read'));
  await expect(count()).rejects.toThrow('the registry cannot be read');
});
