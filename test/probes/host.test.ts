import { parseCpu, parseDisks, parseMemory } from '../../src/adapters/probes/host.ts';
import { openProbe } from '../../src/probes/index.ts';
import { measureOnce } from '../../src/probes/measure.ts';
import type { ProbePorts } from '../../src/probes/ports.ts';
import { askOnce, forever, portsWith, told } from './world.ts';

const ports = portsWith();
afterAll(() => ports.close());
const ifLinux = process.platform === 'linux' ? test : test.skip;

test('a busy loop is seen as busy CPU', async () => {
  const probe = openProbe({ kind: 'host', metric: 'cpu' }, ports);
  expect(told(await measureOnce(probe, 10_000, forever))).toBe('no-data: first reading; the next one gives a value');
  const until = Date.now() + 400;
  while (Date.now() < until);
  const busy = told(await measureOnce(probe, 10_000, forever));
  expect(busy).toBeGreaterThan(0.5 / (await import('node:os')).cpus().length);
  expect(busy).toBeLessThanOrEqual(1);
});

test.each([['memory'], [{ diskUsed: '/' }]])('%j is a fraction', async (metric) => {
  const used = told(await askOnce({ kind: 'host', metric }, ports));
  expect(used).toBeGreaterThan(0);
  expect(used).toBeLessThan(1);
});

test('load and a path that is not there', async () => {
  expect(told(await askOnce({ kind: 'host', metric: 'load1' }, ports))).toBeGreaterThanOrEqual(0);
  expect(told(await askOnce({ kind: 'host', metric: { diskUsed: '/does/not/exist' } }, ports))).toMatch(/^error: ENOENT/);
});

ifLinux('/proc/diskstats of this machine can be read', async () => {
  const probe = openProbe({ kind: 'host', metric: 'disk-io' }, ports);
  const first = told(await measureOnce(probe, 10_000, forever));
  expect(first).toMatch(/^no-data: /);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const second = await measureOnce(probe, 10_000, forever);
  if (second.kind === 'value') expect(second.value).toBeLessThanOrEqual(1);
  else expect(second.reason).toBe('there is no disk');
});

test('disk rates from two readings', async () => {
  let [nowMs, busyMs] = [0, 0];
  const disk = () => ({ busyMs, readBytes: busyMs * 10, writtenBytes: 0 });
  const steps: ProbePorts = {
    ...ports,
    steadyMs: () => nowMs,
    host: { ...ports.host, disks: () => Promise.resolve({ sda: disk(), sdb: { ...disk(), busyMs: 0 } }) },
  };
  const open = (metric: unknown) => openProbe({ kind: 'host', metric }, steps);
  const [busiest, read, missing] = [open('disk-io'), open({ diskIo: 'read' }), open({ diskIo: 'busy', device: 'sdz' })];
  const ask = async () => [
    told(await measureOnce(busiest, 100, forever)),
    told(await measureOnce(read, 100, forever)),
    told(await measureOnce(missing, 100, forever)),
  ];
  await ask();
  [nowMs, busyMs] = [1_000, 250];
  expect(await ask()).toEqual([0.25, 5_000, "error: there is no disk 'sdz'; there are sda, sdb"]);
});

test('reads what the kernel writes', () => {
  expect(parseCpu('cpu  10 20 30 100 40 1 2 3 9 9\ncpu0 1 1 1 1\n')).toEqual({ total: 206, busy: 66 });
  expect(parseMemory('MemTotal:  2048 kB\nMemFree: 1 kB\nMemAvailable:  1024 kB\n')).toEqual({
    totalBytes: 2_097_152,
    availableBytes: 1_048_576,
  });
  expect(() => parseMemory('MemTotal: 1 kB\n')).toThrow('MemAvailable');
  const disks = parseDisks(
    '   8  0 sda 1 2 30 4 5 6 70 8 0 900 10\n 8 1 sda1 1 2 3 4 5 6 7 8 0 9 10\n 7 0 loop0 1 2 3 4 5 6 7 8 0 9 10\n 259 0 nvme0n1 1 1 1 1 1 1 1 1 1 1 1\n',
  );
  expect(disks['sda']).toEqual({ readBytes: 15_360, writtenBytes: 35_840, busyMs: 900 });
  expect(Object.keys(disks)).toEqual(['sda', 'nvme0n1']);
});
