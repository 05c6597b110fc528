import { asyncLocalStorage } from '@temporalio/activity';

/** Which execution of a run asks: another one after somebody has reset it, which a workflow that is played again cannot tell. */
export const executionHere = (): string | undefined => asyncLocalStorage.getStore()?.info.workflowExecution?.runId;
