import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Plan } from '../domain/plan.ts';
import { startAttributes } from '../domain/search-attributes.ts';
import type { StartFacts } from '../domain/start.ts';
import { isPatched } from './patches.ts';

const scheduledStart = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

/** What this run knows of its own start. To be asked in its first workflow task. */
export function startFacts(): StartFacts {
  const { workflowId, typedSearchAttributes } = workflowInfo();
  const scheduled = typedSearchAttributes.get(scheduledStart);
  return { workflowId, beganMs: Date.now(), ...(scheduled !== undefined && { scheduledMs: scheduled.getTime() }) };
}

/** A run that was started past the client, or with labels that are not its document's, could not be found to be halted: it labels itself. */
export function labelItself({ experiment }: Plan, requestedBy: string): void {
  const { typedSearchAttributes } = workflowInfo();
  const wrong = Object.entries(startAttributes(experiment.metadata, requestedBy)).flatMap(([name, value]) => {
    const key = defineSearchAttributeKey(name, 'KEYWORD');
    return typedSearchAttributes.get(key) === value ? [] : [{ key, value }];
  });
  if (wrong.length > 0 && isPatched('a-run-labels-itself')) upsertSearchAttributes(wrong);
}
