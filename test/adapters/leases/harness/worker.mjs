// As a worker does: arms, injects, says so, and renews for ever. Carries out the order given as JSON.
import { join } from 'node:path';
import { openLeases } from './adapters/leases/index.js';
import { createProcesses, openJournal } from './adapters/process/index.js';
import { faults } from './faults/index.js';

const { order, stateDir, entry, freezeAfterSignal } = JSON.parse(process.argv[2]);
const leases = openLeases(stateDir, { entry, env: { PATH: process.env.PATH } });
const processes = createProcesses();
const never = new AbortController().signal;
const frozen = {
  ...processes,
  signal: async (...request) => {
    await processes.signal(...request);
    process.stdout.write('injected\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.kill(process.pid, 'SIGSTOP'); // in the middle of the deed, with the order in its hand
    await new Promise((resolve) => setTimeout(resolve, 3_600_000));
  },
};
await leases.arm(order, never);
const ports = { processes: freezeAfterSignal ? frozen : processes, journal: openJournal(join(stateDir, 'journal')), commands: undefined };
await faults[order.fault.kind].bind(order.fault, ports).inject(order, never);
setInterval(() => void leases.renew(order).catch(() => undefined), order.leaseMs / 3);
process.stdout.write('injected\n');
