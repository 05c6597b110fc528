import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createPreview, type Preview } from '../../src/activities/preview.ts';
import type { SitePorts } from '../../src/activities/ports.ts';
import { createReadiness } from '../../src/adapters/http/readiness.ts';
import { createHttp } from '../../src/adapters/http/request.ts';
import { createProbePorts } from '../../src/adapters/probes/index.ts';
import { createProcesses } from '../../src/adapters/process/index.ts';
import { parseDocument } from '../../src/language/experiment.ts';
import { kubernetes } from '../support/no-cluster.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { openSystem } from './system.ts';

test('a plan asks no probe that could change something: it has passed no gate', async () => {
  const system = await openSystem();
  system.answers['errors'] = 0;
  const [dir, http] = [mkdtempSync(join(tmpdir(), 'preview-')), createHttp()];
  const probes = createProbePorts({ secrets: { get: () => Promise.reject(new Error('no secrets here')) }, kubernetes });
  const command = { kind: 'command', argv: ['touch', join(dir, 'done')], read: 'exitCode' };
  const experiment = parseDocument(
    experimentDocument({
      probes: {
        errors: system.probe('errors'),
        commanded: { provider: command },
        posted: { provider: { kind: 'http', url: 'http://127.0.0.1:9/', method: 'POST', read: 'status' } },
      },
    }),
  );
  const targets = { processes: createProcesses(), readiness: createReadiness(http), kubernetes };
  const preview = createPreview({ probes, targets } as unknown as SitePorts, () => Promise.resolve(undefined));
  try {
    const { answers }: Preview = await new MockActivityEnvironment().run(preview.previewWaves, experiment, 7);
    const notAsked = { kind: 'no-data', reason: expect.stringMatching(/^not asked by a plan/) as string };
    expect(answers).toMatchObject({ errors: { kind: 'value', value: 0 }, commanded: notAsked, posted: notAsked });
    expect(existsSync(join(dir, 'done'))).toBe(false);
  } finally {
    http.close();
    rmSync(dir, { recursive: true, force: true });
    await Promise.all([probes.close(), system.close()]);
  }
});
