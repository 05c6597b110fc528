import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGuard } from '../../src/activities/guard.ts';
import { createProbePorts } from '../../src/adapters/probes/index.ts';
import { kubernetes } from '../support/no-cluster.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { expectNothingLeft } from './harness/expectations.ts';
import { linger } from './harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type Theatre } from './harness/stage.ts';

const HOLD_MS = 700;
/** Longer than the hold: counted from the guard's arming it would be over before anybody is hit. */
const INJECTED_AFTER_MS = 2_000;

describeWithTemporal('a hold under a real guard', () => {
  let theatre: Theatre;
  let server: Server;
  const probes = createProbePorts({ secrets: { get: () => Promise.reject(new Error('no secrets here')) }, kubernetes });
  beforeAll(async () => {
    theatre = await openTheatre();
    server = createServer((_, response) => response.end('{"rate": 0}')).listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
  });
  afterAll(async () => {
    await theatre.close();
    await probes.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });

  /** A run with the real guard, whose victims take their time. */
  const startSlow = ({ site, start }: Stage): Promise<string> => {
    const records = { appendSamples: () => Promise.resolve() };
    const { guardWave } = createGuard({ probes, records, leases: site.leases });
    site.on('guardWave', (input) => guardWave(input));
    site.on('injectFault', async (_order, usual) => {
      const beganMs = Date.now();
      await linger(() => Date.now() - beganMs >= INJECTED_AFTER_MS);
      return usual();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const errors = { provider: { kind: 'http', url, read: { jsonPath: '$.rate' } }, every: '100ms', timeout: '1s' };
    const timing = { baseline: '100ms', hold: `${HOLD_MS}ms`, recoverWithin: '2s', stableFor: '100ms' };
    return start(experimentDocument({ probes: { errors }, timing }));
  };

  test('begins when the victims are hit, however long that takes, and is never shorter than planned', () =>
    onStage(theatre, async (stage) => {
      const id = await startSlow(stage);
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed', victims: [{ injection: { outcome: 'injected' } }] });
      const [{ endedMs: hitMs } = {}] = stage.site.of('injectFault');
      const [{ beganMs: undoneMs } = {}] = stage.site.of('revertFault');
      expect(undoneMs! - hitMs!).toBeGreaterThanOrEqual(HOLD_MS);
      expectNothingLeft(stage.site);
    }));
});
