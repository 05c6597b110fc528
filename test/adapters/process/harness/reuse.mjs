// Runs as the first process of a pid namespace of its own: kills a victim, gives its pid to another process, and repeats the order.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createProcesses, openJournal } from './adapters/process/index.js';
import { linuxSource } from './adapters/process/linux.js';
import { processTargetId } from './domain/process.js';
import { faults } from './faults/index.js';

const sleepUntilKilled = async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  await once(child, 'spawn');
  return child;
};
const dir = () => mkdtempSync(`${import.meta.dirname}/journal-`);
const never = new AbortController().signal;
const ports = { processes: createProcesses(), journal: openJournal(dir()), commands: undefined };
const kill = faults['process-kill'].bind({ kind: 'process-kill' }, ports);

await sleepUntilKilled(); // keeps the namespace's low pids busy
const victim = await sleepUntilKilled();
const identity = linuxSource.vitals(victim.pid).identity;
const order = {
  key: 'k',
  workflowId: 'w',
  wave: 'v',
  iteration: 0,
  epoch: 1,
  victimsPlanned: 10,
  fault: { kind: 'process-kill' },
  notAfterMs: Date.now() + 60_000,
  target: { kind: 'process', id: processTargetId(identity), site: 's', name: 'n', labels: {}, identity },
};
const exited = once(victim, 'exit');
const first = await kill.inject(order, never);
await exited;

let replacement;
for (let tries = 0; tries < 200 && replacement?.pid !== victim.pid; tries++) {
  if (replacement) {
    replacement.kill('SIGKILL');
    await once(replacement, 'exit');
  }
  writeFileSync('/proc/sys/kernel/ns_last_pid', String(victim.pid - 1));
  replacement = await sleepUntilKilled();
}
const repeated = await kill.inject(order, never);
const effect = await kill.effect(order, never);
const forgotten = await faults['process-kill']
  .bind({ kind: 'process-kill' }, { ...ports, journal: openJournal(dir()) })
  .inject(order, never);
const paused = await faults['process-pause']
  .bind({ kind: 'process-pause' }, ports)
  .inject({ ...order, key: 'p', fault: { kind: 'process-pause' } }, never);
const state = linuxSource.vitals(replacement.pid)?.state;
console.log(JSON.stringify({ isReused: replacement.pid === victim.pid, first, repeated, effect, forgotten, paused, state }));
process.exit(0);
