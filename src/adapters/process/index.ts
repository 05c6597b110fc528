export { createProcesses } from './processes.ts';
export { openJournal } from './journal.ts';
export { openSurvivors } from './survivors.ts';
export { pruneJournal } from './prune.ts';
