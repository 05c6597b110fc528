// Runs as root of a pid namespace of its own, where the next pid can be chosen: gives a dead victim's pid to another process, then carries
// out the order for the victim. Prints what became of it, as JSON.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , dist] = process.argv;
const load = (file) => import(pathToFileURL(join(dist, file)).href);
const { createProcesses, openJournal } = await load('adapters/process/index.js');
const { faults } = await load('faults/index.js');
const { processTargetId } = await load('domain/process.js');
const processes = createProcesses();
const signal = new AbortController().signal;
const identityOf = async (pid) =>
  (await processes.list({ ports: [], facts: [] }, signal)).find(({ facts }) => facts.identity.pid === pid)?.facts.identity;

const victim = spawn('sleep', ['60']);
const identity = await identityOf(victim.pid);
victim.kill('SIGKILL');
await once(victim, 'exit');
await new Promise((resolve) => setTimeout(resolve, 50)); // a clock tick later: the start time tells them apart
let replacement;
for (let tries = 0; tries < 20 && replacement?.pid !== identity.pid; tries++) {
  replacement?.kill('SIGKILL');
  writeFileSync('/proc/sys/kernel/ns_last_pid', String(identity.pid - 1));
  replacement = spawn('sleep', ['60']);
}
const ports = { processes, journal: await openJournal(mkdtempSync(join(tmpdir(), 'reused-'))), commands: undefined };
const target = { kind: 'process', id: processTargetId(identity), site: 'local', name: 'sleep', labels: {}, identity };
const order = (kind) => ({
  key: `run/wave/0/${kind}`,
  workflowId: 'run',
  wave: 'wave',
  iteration: 0,
  epoch: 1,
  victimsPlanned: 10,
  fault: { kind },
  target,
  notAfterMs: Date.now() + 10_000,
});
const outcomes = {};
for (const kind of ['process-kill', 'process-pause']) {
  const fault = faults[kind].bind({ kind }, ports);
  const deed = await fault.inject(order(kind), signal);
  outcomes[kind] = { deed, effect: await fault.effect(order(kind), signal), reversal: await fault.revert(order(kind), signal) };
}
await new Promise((resolve) => setTimeout(resolve, 200));
const state = (await processes.inspect(await identityOf(replacement.pid))).kind;
console.log(JSON.stringify({ samePid: replacement.pid === identity.pid, state, outcomes }));
replacement.kill('SIGKILL');
process.exit(0);
