import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommands } from '../../../src/adapters/command/run.ts';
import { createProcesses, openJournal } from '../../../src/adapters/process/index.ts';
import { faults } from '../../../src/faults/index.ts';
import type { FaultPorts } from '../../../src/faults/ports.ts';
import { compileInto } from './harness/compile.ts';
import { COUNTS_USR1, endAll, identityOf, never, orderFor, start, startNode, stateOf, targetOf, containing } from './harness/children.ts';
import { elsewhere } from '../../support/no-cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'breakwater-crash-'));
const journalDir = join(folder, 'journal');
const ports = {
  processes: createProcesses(),
  journal: openJournal(journalDir),
  commands: createCommands({}),
  ...elsewhere,
} satisfies FaultPorts;

beforeAll(() => compileInto(folder));
afterEach(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Carries an order out in a process that kills itself with SIGKILL before or after the signal. */
function injectAndDie(order: ReturnType<typeof orderFor>, dieAt: 'before' | 'after') {
  const { signal, stderr } = spawnSync(process.execPath, [join(folder, 'inject.mjs'), JSON.stringify({ order, journalDir, dieAt })], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
}

const victim = async (kind: 'process-kill' | 'process-pause', fields: object = {}) => {
  const child = await start(['sleep', '1000']);
  return { child, order: orderFor(targetOf(identityOf(child.pid)), { kind, ...fields }) };
};

test('killed before the signal: the next attempt hits the same, unharmed victim', async () => {
  const { child, order } = await victim('process-kill');
  injectAndDie(order, 'before');
  expect(stateOf(child.pid)).toMatch(/[RS]/);
  const exited = once(child, 'exit');
  expect(await faults['process-kill'].bind(order.fault, ports).inject(order, never)).toMatchObject({ outcome: 'injected' });
  expect(await exited).toEqual([null, 'SIGKILL']);
});

test('killed before the signal and expired since: nothing is sent', async () => {
  const { child, order } = await victim('process-kill');
  injectAndDie(order, 'before');
  const late = { ...order, notAfterMs: Date.now() - 1 };
  expect(await faults['process-kill'].bind(order.fault, ports).inject(late, never)).toMatchObject({
    outcome: 'skipped',
    reason: containing('expired'),
  });
  expect(stateOf(child.pid)).toMatch(/[RS]/);
});

test('killed after the signal, before the record: the victim that ended counts as ours', async () => {
  const { child, order } = await victim('process-kill');
  const exited = once(child, 'exit');
  injectAndDie(order, 'after');
  await exited;
  const fault = faults['process-kill'].bind(order.fault, ports);
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected', reason: containing('cut off') });
  expect(await fault.effect(order, never)).toMatchObject({ proven: true });
});

test('killed after a signal that can be caught: it is not sent twice', async () => {
  const child = await startNode(COUNTS_USR1);
  const hits: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => hits.push(chunk.toString()));
  const order = orderFor(targetOf(identityOf(child.pid)), { kind: 'process-kill', signal: 'SIGUSR1' });
  injectAndDie(order, 'after');
  expect(await faults['process-kill'].bind(order.fault, ports).inject(order, never)).toMatchObject({
    outcome: 'skipped',
    reason: containing('not sent twice'),
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(hits.join('')).toBe('hit\n');
});

test.each(['before', 'after'] as const)('killed %s the pause: the undo leaves the victim running', async (dieAt) => {
  const { child, order } = await victim('process-pause');
  injectAndDie(order, dieAt);
  const fault = faults['process-pause'].bind(order.fault, ports);
  expect(await fault.revert(order, never)).toMatchObject({ undone: true });
  expect(stateOf(child.pid)).toMatch(/[RS]/);
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped' });
  expect(stateOf(child.pid)).toMatch(/[RS]/);
});

test('killed after the pause: the next attempt knows that the victim is stopped by this order', async () => {
  const { child, order } = await victim('process-pause');
  injectAndDie(order, 'after');
  const fault = faults['process-pause'].bind(order.fault, ports);
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
  expect(await fault.effect(order, never)).toMatchObject({ proven: true });
  expect(await fault.revert(order, never)).toMatchObject({ undone: true });
  expect(stateOf(child.pid)).toMatch(/[RS]/);
});

const canUnshare = spawnSync('unshare', ['-p', '-f', '--mount-proc', 'sh', '-c', 'echo 100 > /proc/sys/kernel/ns_last_pid']).status === 0;
(canUnshare ? test : test.skip)('a pid that really belongs to another process now: the repeated order does not hit it', () => {
  const { stdout, stderr } = spawnSync(
    'unshare',
    ['-p', '-f', '--kill-child', '--mount-proc', process.execPath, join(folder, 'reuse.mjs')],
    { encoding: 'utf8', timeout: 20_000 },
  );
  expect(stderr).toBe('');
  const seen = JSON.parse(stdout) as Record<string, unknown>;
  expect(seen).toMatchObject({
    isReused: true,
    first: { outcome: 'injected' },
    effect: { proven: true },
    forgotten: { outcome: 'skipped', reason: containing('replaced') },
    paused: { outcome: 'skipped', reason: containing('replaced') },
    state: containing('S'),
  });
  expect(seen['repeated']).toEqual(seen['first']);
});
