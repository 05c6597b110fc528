/** The workflow types that a worker serves: their names are wire format. */
export { experiment } from './experiment.ts';
export { janitor } from './janitor.ts';
export { runbook } from './runbook.ts';
export { plan } from './plan.ts';
export { ledger } from './ledger.ts';
export { survey } from './survey.ts';
export { inspect } from './inspect.ts';
