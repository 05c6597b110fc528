import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSignals } from '../../src/activities/signals.ts';
import { certainSkew, type Reading } from '../../src/domain/sight.ts';
import { openProbe } from '../../src/probes/index.ts';
import { measureOnce } from '../../src/probes/measure.ts';
import { askOnce, forever, portsWith, serve, told, type TestServer } from './world.ts';

const isInstalled = spawnSync('prometheus', ['--version']).status === 0;
if (!isInstalled) {
  const missing = "there is no 'prometheus' on PATH: testbed/install-prometheus.sh installs it";
  if (process.env['BREAKWATER_REQUIRE_SERVERS'] === '1') throw new Error(missing);
  console.warn(`SKIPPED: ${missing}`);
}

(isInstalled ? describe : describe.skip)('a real Prometheus', () => {
  const ports = portsWith();
  let dir: string;
  let exporter: TestServer;
  let server: ChildProcess;
  let url: string;
  let depth = '3';
  let batchAgeMs = 60_000;

  beforeAll(async () => {
    exporter = await serve((_, response) => {
      const page = `# TYPE queue_depth gauge\nqueue_depth{queue="pay"} ${depth}\nqueue_depth{queue="mail"} 4\nbatch_total 9 ${Date.now() - batchAgeMs}\n`;
      response.setHeader('content-type', 'text/plain; version=0.0.4').end(page);
    });
    const reserved = await serve(() => undefined);
    url = reserved.url;
    await reserved.close();
    dir = await mkdtemp(join(tmpdir(), 'prometheus-'));
    const config = {
      scrape_configs: [
        { job_name: 'x', scrape_interval: '100ms', scrape_timeout: '100ms', static_configs: [{ targets: [new URL(exporter.url).host] }] },
      ],
    };
    await writeFile(join(dir, 'prometheus.yml'), JSON.stringify(config));
    const argv = [
      `--config.file=${dir}/prometheus.yml`,
      `--storage.tsdb.path=${dir}/data`,
      `--web.listen-address=${new URL(url).host}`,
      '--log.level=error',
    ];
    server = spawn('prometheus', argv, { stdio: 'ignore' });
    await eventually('sum(queue_depth)', 7);
  }, 30_000);
  afterAll(async () => {
    if ((server.exitCode ?? server.signalCode) === null) {
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
    await ports.close();
    await exporter.close();
    await rm(dir, { recursive: true });
  });

  const ask = async (query: string, more: object = {}) => told(await askOnce({ kind: 'prometheus', url, query, ...more }, ports));

  const readingOf = async (query: string, more: object = {}): Promise<Reading> =>
    measureOnce(openProbe({ kind: 'prometheus', url, query, ...more }, ports), 3_000, forever);

  async function expectWithin(ms: number, isTrue: () => Promise<boolean>): Promise<void> {
    const until = Date.now() + ms;
    while (!(await isTrue())) {
      expect(Date.now()).toBeLessThan(until);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async function eventually(query: string, expected: number | string, more: object = {}): Promise<void> {
    const until = Date.now() + 15_000;
    let last = await ask(query, more);
    while (last !== expected && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      last = await ask(query, more);
    }
    expect(last).toBe(expected);
  }

  test('answers, has nothing, has too much, refuses', async () => {
    expect(await ask('queue_depth{queue="pay"}')).toBe(3);
    expect(await ask('scalar(queue_depth{queue="mail"})')).toBe(4);
    expect(await ask('no_such_metric')).toBe('no-data: the query gives an empty result');
    expect(await ask('queue_depth')).toMatch(/^error: the query gives 2 series; aggregate/);
    expect(await ask('0/0')).toBe('no-data: the answer is NaN');
    expect(await ask('1/0')).toBe('error: the answer is infinite');
    expect(await ask('queue_depth[5m]')).toMatch(/^error: the query gives a matrix/);
    expect(await ask('sum(')).toMatch(/^error: Prometheus: bad_data: .*parse error/);
  });

  test('a server that does not know lookback_delta takes the query all the same', async () => {
    expect(await ask('queue_depth{queue="pay"}', { maxAge: '30s' })).toBe(3);
  });

  test('the time of a raw sample is only told when it is asked for: an answer is dated when it was evaluated', async () => {
    const sampleTime = 'min(timestamp(batch_total))';
    const plain = await readingOf('sum(batch_total)');
    expect(plain).toMatchObject({ kind: 'value', value: 9 });
    expect(plain).not.toHaveProperty('sourceAtMs');
    const timed = await readingOf('sum(batch_total)', { sampleTime });
    expect(Date.now() - timed.sourceAtMs!).toBeGreaterThanOrEqual(59_000);
    expect(Date.now() - timed.sourceAtMs!).toBeLessThan(75_000);
    // What is summed is as young as the query, says Prometheus: nothing to build upon.
    expect(Date.now() - (await readingOf('sum(batch_total)', { sampleTime: 'timestamp(sum(batch_total))' })).sourceAtMs!).toBeLessThan(
      10_000,
    );
    expect(await ask('sum(batch_total)', { sampleTime: 'min(timestamp(no_such_metric))' })).toBe(
      'no-data: sampleTime: the query gives an empty result',
    );
  });

  test('a source whose samples grow old gives no data, by maxAge of the provider or of the probe', async () => {
    const signal = (provider: object, more: object = {}) => {
      const definition = {
        provider: { kind: 'prometheus', url, query: 'sum(batch_total)', ...provider },
        unit: '',
        every: 1_000,
        timeout: 2_000,
      };
      return openSignals({ probes: { batch: { ...definition, ...more } }, slo: {} }, ports)[0]!.probe;
    };
    const asked = async (provider: object, more: object = {}) => told(await measureOnce(signal(provider, more), 3_000, forever));
    const sampleTime = 'min(timestamp(batch_total))';
    expect(await asked({ sampleTime })).toBe(9); // within the provider's five minutes
    expect(await asked({ sampleTime, maxAge: '30s' })).toMatch(/^no-data: the value is 6\d\.\d s old \(maxAge 30 s\)$/);
    expect(await asked({ sampleTime }, { maxAge: 45_000 })).toMatch(/^no-data: the value is 6\d\.\d s old \(maxAge 45 s\)$/);
    expect(await asked({}, { maxAge: 45_000 })).toMatch(/^no-data: the source tells no time/);
    batchAgeMs = 0;
    await expectWithin(15_000, async () => (await asked({ sampleTime, maxAge: '30s' })) === 9);
  });

  test('a clock that is right raises no complaint', async () => {
    const { clock } = await readingOf('vector(1)');
    expect(clock?.whose).toBe(new URL(url).host);
    expect(certainSkew(clock!)).toBe(0);
  });

  test('sees a change, and a target that is gone as no data', async () => {
    depth = '50';
    await eventually('max(queue_depth)', 50);
    await exporter.close();
    await eventually('max(queue_depth)', 'no-data: the query gives an empty result');
    await eventually('up', 0);
  });

  test('down is an error', async () => {
    server.kill('SIGKILL');
    await once(server, 'exit');
    expect(await ask('up')).toMatch(/^error: .*(ECONNREFUSED|ECONNRESET|hang up)/);
  });
});
