import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { RunInput } from '../domain/run.ts';
import type { AdmittedRun } from './context.ts';

const environmentAttribute = defineSearchAttributeKey('BreakwaterEnvironment', 'KEYWORD');

/** A halt finds the runs of its environment by this: one that was started past the client's door does not carry it yet. */
export function beFound({ plan }: AdmittedRun): void {
  const value = plan.experiment.metadata.environment;
  if (workflowInfo().typedSearchAttributes.get(environmentAttribute) !== value)
    upsertSearchAttributes([{ key: environmentAttribute, value }]);
}

/** Puts the run on record, before anything else. @throws Error when the records do not answer */
export async function open({ state, chronicle, plan }: AdmittedRun, { requestedBy }: RunInput): Promise<void> {
  const { experiment: document, digest, seed, timeScale } = plan;
  const { name, service, environment, owner, ticket } = document.metadata;
  Object.assign(state, { experiment: name, digest });
  const { workflowId, runId } = workflowInfo();
  const labels = { name, service, environment, owner, ...(ticket !== undefined && { ticket }) };
  chronicle.run = {
    workflowId,
    runId,
    ...labels,
    planDigest: digest,
    seed,
    timeScale,
    requestedBy,
    site: document.site,
    startedAtMs: Date.now(),
    experiment: { ...document },
  };
  chronicle.add('run-started', { requestedBy, digest, seed, timeScale, hypothesis: document.hypothesis });
  if (!(await chronicle.flush()))
    throw new Error('the records database does not answer: a run that nobody could explain afterwards does not begin');
}
