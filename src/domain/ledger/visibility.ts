const KEYWORD = /^[\w.-]+$/;

/** A list query's text. @throws TypeError for what could end the text early */
function quoted(text: string): string {
  if (!KEYWORD.test(text)) throw new TypeError(`'${text.slice(0, 60)}' is no name of an environment or a task queue`);
  return `'${text}'`;
}

/** Temporal's list query for the runs that are live: those of an environment, or all of an installation. */
export const runningExperiments = (taskQueue: string, environment?: string): string =>
  [
    `WorkflowType = 'experiment' AND ExecutionStatus = 'Running' AND TaskQueue = ${quoted(taskQueue)}`,
    ...(environment === undefined ? [] : [`BreakwaterEnvironment = ${quoted(environment)}`]),
  ].join(' AND ');

/** The same for the ledgers of an installation. */
export const runningLedgers = (taskQueue: string): string =>
  `WorkflowType = 'ledger' AND ExecutionStatus = 'Running' AND TaskQueue = ${quoted(taskQueue)}`;
