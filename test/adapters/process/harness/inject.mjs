// Carries out the order given as JSON in a process of its own, which ends itself with SIGKILL just before or just after the signal.
import { createProcesses, openJournal } from './adapters/process/index.js';
import { faults } from './faults/index.js';

const { order, journalDir, dieAt } = JSON.parse(process.argv[2]);
const processes = createProcesses();
const die = () => process.kill(process.pid, 'SIGKILL');
const deadly = {
  ...processes,
  signal: async (...request) => {
    if (dieAt === 'before') die();
    await processes.signal(...request);
    die();
    await new Promise(() => setInterval(() => {}, 1_000));
  },
};
await faults[order.fault.kind]
  .bind(order.fault, { processes: deadly, journal: openJournal(journalDir), commands: undefined })
  .inject(order, new AbortController().signal);
