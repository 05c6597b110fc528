export { createProcesses } from './processes.ts';
export { openJournal } from './journal.ts';
