import { cgroupPaths, valueOf, words } from '../../../src/adapters/process/linux-facts.ts';
import { breakwaterPids, parsePs } from '../../../src/adapters/process/darwin.ts';
import { parseLabels } from '../../../src/adapters/process/labels.ts';
import { parseTcpTable } from '../../../src/adapters/process/listening.ts';
import { parseStat } from '../../../src/adapters/process/stat.ts';
import { endAll, identityOf, start } from './harness/children.ts';

afterEach(endAll);

const rest = 'S 41 42 42 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 98765 0 0';

test.each(['node', 'a b', ') (', ')) S 1 1 1', 'two\nlines', '', '(x) R 9 9'])('the name %j does not move the fields', (comm) => {
  expect(parseStat(`4711 (${comm}) ${rest}\n`)).toEqual({
    pid: 4711,
    comm,
    state: 'S',
    ppid: 41,
    isKernelThread: false,
    startTicks: 98765,
  });
});

test.each(['', '12', '12 (x', '12 (x) S', `x (y) ${rest}`, `12 (x) ${rest.replace('98765', '-1')}`])('%j is no identity', (text) => {
  expect(() => parseStat(text)).toThrow(/not a .proc.PID.stat line/);
});

test('a real process that names itself ") (" keeps its identity', async () => {
  const child = await start(['perl', '-e', '$0 = ") S 1 (\\n"; $| = 1; print "up\\n"; sleep 1000']);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  expect(identityOf(child.pid)).toMatchObject({ pid: child.pid });
  expect(identityOf(child.pid).startTicks).toBeGreaterThanOrEqual(identityOf(process.pid).startTicks);
});

test('words, labels, control groups and listening sockets are read apart', () => {
  expect(words('node\0-e\0\0')).toEqual(['node', '-e', '']);
  expect(parseLabels('a=1, b=x=y,broken,=no')).toEqual({ a: '1', b: 'x=y' });
  expect(cgroupPaths('1:name=systemd:/a.slice/x:y.service\n0::/a.slice/x:y.service\n')).toEqual(['/a.slice/x:y.service']);
  const table = 'sl local\n 0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 123 1\n 1: 0100007F:1F91 0:0 01 0:0 0:0 0 0 0 124 1\n';
  expect(parseTcpTable(table)).toEqual([['123', 8080]]);
});

test('macOS: rows of ps give identities, and whatever mentions Breakwater is ours', () => {
  const row = '  501   1   0 Ss   Mon Nov 23 20:10:05 2026 /usr/libexec/my daemon\n';
  const [facts] = parsePs(row, 'boot', new Map([[0, 'root']]));
  expect(facts).toMatchObject({
    identity: { bootId: 'boot', pid: 501, startTicks: Date.UTC(2026, 10, 23, 20, 10, 5) / 1_000 },
    executable: '/usr/libexec/my daemon',
    user: 'root',
  });
  expect(() => parsePs('nonsense\n', 'boot', new Map())).toThrow(/not a row of ps/);
  expect([...breakwaterPids(' 7 node /opt/breakwater/dist/worker.js\n 8 node other.js\n 9 breakwater run x\n')]).toEqual([7, 9]);
});

test.each<[string, string, string | undefined]>([
  ['A=1\0B=2\0', 'A', '1'],
  ['A=1\0B=2\0', 'B', '2'],
  ['A=1\0B=2', 'B', '2'],
  ['XB=1\0B=2\0B=3\0', 'B', '2'],
  ['A=B=5\0', 'B', undefined],
  ['A=\0', 'A', ''],
  ['', 'A', undefined],
])('in the environment %j the variable %s is %j', (environment, name, value) => expect(valueOf(environment, name)).toBe(value));
