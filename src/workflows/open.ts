import { workflowInfo } from '@temporalio/workflow';
import type { RunInput } from '../domain/run.ts';
import type { AdmittedRun } from './context.ts';

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
