import { bearer, withFakes } from './fakes.ts';

test('the catalogue shows experiments of the own teams and environments', () =>
  withFakes(async ({ app, records }) => {
    const entry = (name: string, owner: string) => ({
      ...{ name, owner, service: 'x', environment: 'staging', digest: 'd'.repeat(64), document: { kind: 'Experiment' } },
      ...{ path: `${name}.yaml`, commit: 'c'.repeat(40), managedBy: 'resilience', atMs: 1_700_000_000_000 },
    });
    await records.changeCatalogue({
      put: [entry('ours', 'payments'), entry('theirs', 'search')],
      remove: [],
      managedBy: 'resilience',
      atMs: 1,
    });
    const names = async (who: string) =>
      (await app.inject({ url: '/v1/experiments', headers: bearer(who) }))
        .json<{ experiments: { name: string }[] }>()
        .experiments.map(({ name }) => name);
    expect(await names('viewer')).toEqual(['ours']);
    expect(await names('other')).toEqual(['theirs']);
    expect(await names('admin')).toEqual(['ours', 'theirs']);
    expect((await app.inject({ url: '/v1/experiments' })).statusCode).toBe(401);
  }));
