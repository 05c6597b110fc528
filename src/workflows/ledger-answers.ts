import { getExternalWorkflowHandle, log } from '@temporalio/workflow';
import type { Answer } from '../domain/ledger/state.ts';
import { ledgerAnswer } from './ledger-messages.ts';

/** Tells a run what the ledger says of its wave. @returns false when there is no such run any more */
export async function sendAnswer(answer: Answer): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(answer.holder, answer.runId).signal(ledgerAnswer, answer);
    return true;
  } catch (cause) {
    log.warn('a run could not be answered', { holder: answer.holder, cause: String(cause) });
    return false;
  }
}
