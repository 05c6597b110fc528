export { createProcesses } from './processes.ts';
export { openJournal } from './journal.ts';
export { pruneJournal } from './prune.ts';
