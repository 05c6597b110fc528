import type { SamplePlace } from '../activities/recorder.ts';
import type { Signals } from '../activities/signals.ts';
import type { Runbook } from '../domain/experiment/experiment.ts';
import { reasonOf } from './failure.ts';
import { repairing, watching } from './proxies.ts';

export interface RunbookInput {
  name: string;
  runbook: Runbook;
  site: string;
  /** What its run says of itself. Absent in what earlier versions began. */
  environment?: string;
  experiment: Signals;
  place: SamplePlace;
}

/** How a runbook ended: `stable` when every step was done and verified; what each step did, in words. */
export interface RunbookResult {
  stable: boolean;
  steps: string[];
}

/** Carries out a runbook step by step. A step that fails or is not verified in time ends it: the next steps build on it. */
export async function runbook({ runbook: book, site, environment, experiment, place }: RunbookInput): Promise<RunbookResult> {
  const steps: string[] = [];
  for (const { remedy, verify } of book.steps) {
    try {
      steps.push(await repairing(site, `remedy ${remedy.kind}`).applyRemedy(remedy, environment));
    } catch (cause) {
      return { stable: false, steps: [...steps, `${remedy.kind} failed: ${reasonOf(cause)}`] };
    }
    if (!verify) continue;
    const { awaitRecovery } = watching(site, verify.within, `verify: ${verify.probe}`);
    const rules = { clauses: [{ probe: verify.probe, tolerance: verify.tolerance }], triggers: [], stableForMs: 0 };
    const seen = await awaitRecovery({ experiment, place, rules, deadlineMs: Date.now() + verify.within, names: [verify.probe] });
    if (seen.kind !== 'recovered')
      return { stable: false, steps: [...steps, `${verify.probe} was not within its tolerance after ${verify.within / 1_000} s`] };
    steps.push(`${verify.probe} is within its tolerance`);
  }
  return { stable: true, steps };
}
