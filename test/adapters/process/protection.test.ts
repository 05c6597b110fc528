import { once } from 'node:events';
import { resolve } from 'node:path';
import { readdirSync, readFileSync } from 'node:fs';
import { linuxSource } from '../../../src/adapters/process/linux.ts';
import { createProcesses } from '../../../src/adapters/process/processes.ts';
import { ownProcesses, protection } from '../../../src/adapters/process/protection.ts';
import type { FoundProcess, ProcessFacts, ProcessGlance } from '../../../src/targets/ports.ts';
import { endAll, identityOf, never, start, containing } from './harness/children.ts';

afterEach(endAll);

const facts = (change: Partial<ProcessFacts> = {}): ProcessFacts => ({
  identity: { bootId: 'b', pid: 500, startTicks: 9 },
  startedAtMs: 0,
  ppid: 100,
  comm: 'payments',
  state: 'S',
  isKernelThread: false,
  uid: 1000,
  user: 'me',
  executable: '/usr/bin/payments',
  argv: ['payments'],
  workingDirectory: '/',
  labels: {},
  isMarkedAsBreakwater: false,
  cgroups: ['/'],
  listeningPorts: undefined,
  unreadable: [],
  ...change,
});
const named = (path: string) => facts({ executable: path, comm: path.split('/').at(-1)!.slice(0, 15), argv: [path] });
const runsNode = (argv: string[], workingDirectory = '/') =>
  facts({ executable: '/usr/bin/node', comm: 'node', argv: ['node', ...argv], workingDirectory });
const why = (one: ProcessFacts, others: ProcessFacts[] = []) => protection(one, ownProcesses([one, ...others], 99));

const names = [
  'init',
  'systemd',
  'systemd-journald',
  'dbus-daemon',
  'dbus-broker',
  'sshd',
  'sshd-session',
  'dockerd',
  'containerd',
  'containerd-shim-runc-v2',
  'runc',
  'crio',
  'podman',
  'conmon',
  'kubelet',
  'kube-proxy',
  'kube-apiserver',
  'kube-controller-manager',
  'etcd',
  'temporal',
  'temporal-server',
  'temporal-dev-server',
  'postgres',
  'postmaster',
];
test.each(names)('%s is protected', (name) => expect(why(named(`/usr/sbin/${name}`))).toContain(name.slice(0, 15)));

test.each<[string, ProcessFacts, RegExp]>([
  ['pid 1', facts({ identity: { bootId: 'b', pid: 1, startTicks: 0 } }), /pid 1/],
  ['a kernel thread', facts({ isKernelThread: true, executable: undefined }), /kernel thread/],
  ['a child of kthreadd', facts({ ppid: 2 }), /kernel thread/],
  ['a title of PostgreSQL', facts({ argv: ['postgres: checkpointer '] }), /PostgreSQL/],
  ['a title of sshd', facts({ argv: ['sshd: root [priv]'] }), /reachable/],
  ['PostgreSQL whose file was replaced under another name', facts({ comm: 'postgres' }), /PostgreSQL/],
  ['what cannot be read', facts({ unreadable: ['environment (EACCES)'] }), /cannot be read: environment/],
  ['what shows no executable', facts({ executable: undefined }), /cannot be read/],
  ['a process marked as Breakwater', facts({ isMarkedAsBreakwater: true }), /another Breakwater/],
  ['our worker', runsNode([resolve('src/worker.ts')]), /another Breakwater/],
  ['our worker, started by a relative path', runsNode(['dist/worker.js'], resolve('.')), /another Breakwater/],
  ['our command line', runsNode([resolve('dist/cli/main.js'), 'run']), /another Breakwater/],
  ['an installed Breakwater', runsNode(['/usr/lib/node_modules/breakwater/dist/worker.js']), /another Breakwater/],
  ['the program breakwater', runsNode(['/usr/local/bin/breakwater', 'watch']), /another Breakwater/],
])('%s is protected', (_what, one, reason) => expect(why(one)).toMatch(reason));

test.each<[string, ProcessFacts]>([
  ['an ordinary process', facts()],
  ["another product's worker", runsNode(['dist/worker.js'], '/srv/shop')],
  ["the sandbox's payments", runsNode([resolve('dist/sandbox/payments/worker.js')])],
  ['a process that mentions a protected name in an argument', facts({ argv: ['payments', '--after', 'postgres'] })],
])('%s may be hit', (_what, one) => expect(why(one)).toBeUndefined());

test('the ancestors of every Breakwater process are protected, and its children are not', () => {
  const at = (pid: number, ppid: number, change: Partial<ProcessFacts> = {}) =>
    facts({ identity: { bootId: 'b', pid, startTicks: 9 }, ppid, ...change });
  const all = [at(10, 1), at(11, 10), at(12, 11, { isMarkedAsBreakwater: true }), at(13, 12), at(20, 10), at(99, 20)];
  const own = ownProcesses(all, 99);
  expect([...own.keys()].sort((a, b) => a - b)).toEqual([1, 10, 11, 12, 20, 99]);
});

test('the ancestors of this process are protected also when it is not among those that were read', () => {
  const own = ownProcesses([facts({ identity: { bootId: 'b', pid: 20, startTicks: 9 } })], 99, [20, 10]);
  expect(own.get(20)).toBe("is an ancestor of Breakwater's process 99");
});

describe('on this machine', () => {
  const processes = createProcesses();
  const attempt = (pid: number) => processes.signal(identityOf(pid), 'SIGWINCH', Date.now() + 5_000, never);

  test('our own process, its parents and pid 1 are refused at the instant of the signal', async () => {
    for (const pid of [process.pid, process.ppid, 1]) expect(await attempt(pid)).toMatchObject({ kind: 'protected' });
  });

  test('the parent of a Breakwater process is refused though only its child tells, and its brother is hit', async () => {
    const parent = await start(['sh', '-c', 'sleep 1000 & echo $!; BREAKWATER_PROCESS=1 sleep 1000 & wait']);
    const brother = Number(((await once(parent.stdout!, 'data')) as [Buffer])[0].toString());
    await until(async () => (await processes.list(nothing, never, below(parent.pid))).some(({ facts }) => facts.isMarkedAsBreakwater));
    expect(await attempt(parent.pid)).toMatchObject({ kind: 'protected', why: containing("an ancestor of Breakwater's process") });
    expect(await attempt(brother)).toMatchObject({ kind: 'delivered' });
    const found = await processes.list(nothing, never, below(parent.pid));
    expect(found).toHaveLength(2);
    for (const { facts } of found) process.kill(facts.identity.pid);
  });

  test('a process that is picked after a glance shows the same as one that is found among all', async () => {
    const child = await start(['sleep', '1000'], { BREAKWATER_LABELS: 'role=canary' });
    const needs = { ports: [], facts: ['labels'] } as const;
    const glanced: ProcessGlance[] = [];
    const picked = await processes.list(needs, never, (glance) => glanced.push(glance) > 0 && glance.labels?.['role'] === 'canary');
    const among = (await processes.list(needs, never)).filter(({ facts }) => facts.labels?.['role'] === 'canary');
    const timeless = ({ facts: { startedAtMs: _, state: __, ...rest } }: FoundProcess) => rest;
    expect(picked.map(timeless)).toEqual(among.map(timeless));
    expect(picked.map(({ facts }) => facts.identity.pid)).toContain(child.pid);
    expect(picked[0]?.facts).toMatchObject({ executable: containing('/'), argv: ['sleep', '1000'], unreadable: [] });
    expect(glanced.every(({ argv, executable, cgroups }) => argv === undefined && executable === undefined && cgroups === undefined)).toBe(
      true,
    );
  });

  test('kernel threads are refused', async () => {
    const kernelThreads = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && readCommandLine(name) === '' && Number(name) === 2)
      .map(Number);
    for (const pid of kernelThreads) expect(await attempt(pid)).toMatchObject({ kind: 'protected', why: 'is a kernel thread' });
  });

  test('a process called postgres, and one marked as Breakwater, are refused; the same without either is hit', async () => {
    const postgres = await start(['sleep', '1000'], {}, 'postgres: writer');
    const marked = await start(['sleep', '1000'], { BREAKWATER_PROCESS: '1' });
    const plain = await start(['sleep', '1000']);
    expect(await attempt(postgres.pid)).toMatchObject({ kind: 'protected', why: containing('PostgreSQL') });
    expect(await attempt(marked.pid)).toMatchObject({ kind: 'protected', why: containing('Breakwater') });
    expect(await attempt(plain.pid)).toMatchObject({ kind: 'delivered', via: 'pidfd' });
  });
});

const nothing = { ports: [], facts: [] } as const;
const below = (pid: number) => (glance: ProcessGlance) => glance.pid !== pid && linuxSource.withDescendants([pid]).includes(glance.pid);

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200 && !(await isSo()); i++) await new Promise((resolve) => setTimeout(resolve, 10));
}

function readCommandLine(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return undefined;
  }
}
