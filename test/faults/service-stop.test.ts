import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommands } from '../../src/adapters/command/run.ts';
import { createProcesses, openJournal } from '../../src/adapters/process/index.ts';
import { faults } from '../../src/faults/index.ts';
import type { FaultPorts } from '../../src/faults/ports.ts';
import { endAll, identityOf, never, orderFor, start, stateOf, targetOf, containing } from '../adapters/process/harness/children.ts';
import { elsewhere } from '../support/no-cluster.ts';

const dir = mkdtempSync(join(tmpdir(), 'breakwater-service-'));
const ports: FaultPorts = {
  processes: createProcesses(),
  journal: openJournal(join(dir, 'journal')),
  ...elsewhere,
  commands: createCommands(process.env),
};
afterEach(endAll);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A supervisor's command in a few lines: its state is a file, and `stop` ends the process whose handle number the file holds. */
const CTL = `const fs=require('fs');const [,verb,file]=process.argv;fs.appendFileSync(file+'.log',verb+'\\n');
const state=fs.readFileSync(file,'utf8');
if(verb==='status')process.exit(state==='stopped'?3:state==='odd'?9:0);
if(verb==='start')fs.writeFileSync(file,'running');
if(verb==='stop'){const pid=Number(state);fs.writeFileSync(file,'stopped');if(pid)process.kill(pid,'SIGTERM')}`;

let services = 0;
async function prepared(change: { fault?: object; order?: object; name?: string; state?: string } = {}) {
  const child = await start(['sleep', '1000']);
  const name = change.name ?? `pay-${services++}`;
  const file = join(dir, name);
  writeFileSync(file, change.state ?? String(child.pid));
  const ctl = (verb: string) => [process.execPath, '-e', CTL, verb, join(dir, '{name}')];
  const fault = {
    kind: 'service-stop',
    stop: ctl('stop'),
    start: ctl('start'),
    status: ctl('status'),
    effectWithin: '1s',
    ...change.fault,
  };
  const order = orderFor(targetOf(identityOf(child.pid), { name }), fault, change.order);
  const log = () =>
    readFileSync(`${file}.log`, 'utf8')
      .split('\n')
      .filter((verb) => verb !== '' && verb !== 'status');
  return { child, file, order, log, fault: faults['service-stop'].bind(order.fault, ports) };
}

test('stops, proves it, starts again; each twice is once', async () => {
  const { file, order, fault, log } = await prepared();
  const first = await fault.inject(order, never);
  expect(first).toMatchObject({ outcome: 'injected' });
  expect(await fault.inject(order, never)).toEqual(first);
  expect(await fault.effect(order, never)).toMatchObject({ proven: true });
  expect(await fault.revert(order, never)).toMatchObject({ undone: true });
  expect(await fault.revert(order, never)).toMatchObject({ undone: true });
  expect(log()).toEqual(['stop', 'start']);
  expect(readFileSync(file, 'utf8')).toBe('running');
});

test('an undo without a deed starts nothing; a service that was stopped before stays so', async () => {
  const untouched = await prepared();
  expect(await untouched.fault.revert(untouched.order, never)).toMatchObject({ undone: true });
  const stopped = await prepared({ state: 'stopped' });
  expect(await stopped.fault.inject(stopped.order, never)).toMatchObject({ outcome: 'skipped' });
  expect(await stopped.fault.revert(stopped.order, never)).toMatchObject({ undone: true });
  expect(stopped.log()).toEqual([]);
});

test('an unknown status, an expired order and a replaced process stop nothing', async () => {
  const odd = await prepared({ state: 'odd' });
  expect(await odd.fault.inject(odd.order, never)).toMatchObject({ outcome: 'skipped', reason: containing('exit code 9') });
  const late = await prepared({ order: { notAfterMs: Date.now() - 1 } });
  expect(await late.fault.inject(late.order, never)).toMatchObject({ outcome: 'skipped', reason: containing('expired') });
  const replaced = await prepared();
  const now = identityOf(replaced.child.pid);
  const stale = { ...replaced.order, target: targetOf({ ...now, startTicks: now.startTicks - 1 }, replaced.order.target.labels) };
  expect(await replaced.fault.inject(stale, never)).toMatchObject({ outcome: 'skipped' });
  for (const { log, child } of [odd, late, replaced]) {
    expect(log()).toEqual([]);
    expect(stateOf(child.pid)).toMatch(/[RS]/);
  }
});

test('a stop that does not end the process is not proven, and a start that does not help is named', async () => {
  const idle = [process.execPath, '-e', ''];
  const { order, fault } = await prepared({ fault: { stop: idle, effectWithin: '200ms' } });
  await fault.inject(order, never);
  expect(await fault.effect(order, never)).toMatchObject({ proven: false });
  const stuck = await prepared({ fault: { start: idle, effectWithin: '200ms' } });
  await stuck.fault.inject(stuck.order, never);
  expect(await stuck.fault.revert(stuck.order, never)).toMatchObject({ undone: false, evidence: containing('exit code 3') });
});

test.each(['--force', 'a b', '$(id)', '../x', ''])('the name %j does not go into a command', async (name) => {
  const child = await start(['sleep', '1000']);
  const argv = [process.execPath, '-e', '', '{name}'];
  const order = orderFor(targetOf(identityOf(child.pid), { name }), { kind: 'service-stop', stop: argv, start: argv, status: argv });
  await expect(faults['service-stop'].bind(order.fault, ports).inject(order, never)).rejects.toThrow(/does not go into a command/);
});
