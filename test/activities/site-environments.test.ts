import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createSiteActivities } from '../../src/activities/index.ts';
import type { SitePorts } from '../../src/activities/ports.ts';
import { openJournal } from '../../src/adapters/process/index.ts';
import type { Injection, Order } from '../../src/domain/order.ts';
import { resolveWaves } from '../../src/domain/plan.ts';
import { parseDocument } from '../../src/language/experiment.ts';
import { MemoryLeases } from '../support/leases.ts';
import { elsewhere, kubernetes } from '../support/no-cluster.ts';
import { orderDefaults } from '../support/orders.ts';
import { experimentDocument } from '../workflows/harness/document.ts';

const experiment = parseDocument(experimentDocument());
const target = { site: 'eu-1', kind: 'process', id: '1', name: 'worker', identity: {}, labels: {} };
const why = 'site eu-1 holds production, and the experiment is of staging';

describe('a site worker that was told its environments', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'site-environments-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** What is not here is asked of nobody: whoever did would fail. */
  const site = (environments?: readonly string[]) =>
    createSiteActivities({
      site: 'eu-1',
      ...(environments && { environments }),
      faults: { journal: openJournal(join(dir, 'journal')), ...elsewhere },
      leases: new MemoryLeases(),
      targets: { kubernetes },
      survivors: { forget: () => Promise.resolve() },
      remedies: { kubernetes },
    } as unknown as SitePorts);
  const order = (changes: Partial<Order> = {}): Order => ({
    ...orderDefaults(),
    key: `run/wave/0/${target.id}`,
    fault: { kind: 'no-op' },
    target: target,
    ...changes,
  });
  const inject = (at: ReturnType<typeof site>, changes?: Partial<Order>): Promise<Injection> =>
    new MockActivityEnvironment().run(at.injectFault, order(changes));

  test('does the orders of their runs, and no other, and none that says nothing', async () => {
    const at = site(['production', 'canary']);
    expect(await inject(at, { key: 'a', environment: 'canary' })).toMatchObject({ outcome: 'injected' });
    expect(await inject(site(['production']), { key: 'b', environment: 'staging' })).toMatchObject({ outcome: 'skipped', reason: why });
    expect(await inject(at, { key: 'c' })).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringContaining('nothing says of which environment') as string,
    });
    expect(await inject(site([]), { key: 'd', environment: 'staging' })).toMatchObject({ outcome: 'skipped' });
  });

  test('was told nothing: every order is done, as by earlier versions', async () => {
    expect(await inject(site(), { key: 'a' })).toMatchObject({ outcome: 'injected' });
    expect(await inject(site(), { key: 'b', environment: 'staging' })).toMatchObject({ outcome: 'injected' });
  });

  test('what an attempt before has begun is answered from the journal, and an undo is never refused', async () => {
    expect(await inject(site(), { environment: 'staging' })).toMatchObject({ outcome: 'injected' });
    expect(await inject(site(['production']), { environment: 'staging' })).toMatchObject({ outcome: 'injected' });
    expect(await new MockActivityEnvironment().run(site(['production']).revertFault, order({ environment: 'staging' }))).toMatchObject({
      undone: true,
    });
  });

  test('prepares, counts and shows nothing, and repairs nothing', async () => {
    const at = site(['production']);
    const place = { workflowId: 'run', wave: 'single', iteration: 0, phase: 'baseline' as const };
    const input = { experiment, wave: resolveWaves(experiment)[1]!, place, seed: 7, alreadyHit: [] };
    expect(await new MockActivityEnvironment().run(at.prepareWave, input)).toMatchObject({
      unmet: [{ probe: 'site', why }],
      choice: { victims: [] },
    });
    expect(await new MockActivityEnvironment().run(at.countTargets, experiment)).toMatchObject({ unmet: [{ why }] });
    const refused = { type: 'ForeignEnvironment', nonRetryable: true, message: why };
    await expect(new MockActivityEnvironment().run(at.previewWaves, experiment, 7)).rejects.toMatchObject(refused);
    await expect(new MockActivityEnvironment().run(at.applyRemedy, { kind: 'command' }, 'staging')).rejects.toMatchObject(refused);
  });
});
