import { findingsOf, type Finding } from '../domain/findings.ts';
import type { RunHead } from '../records/ports.ts';

const brief = ({ workflowId, name, service, environment, planDigest, startedAtMs, verdict, reason }: RunHead) => ({
  ...{ workflowId, name, service, environment, planDigest, startedAtMs },
  ...(verdict !== undefined && { verdict }),
  ...(reason !== undefined && { reason }),
});

/** What recorded runs taught, the newest first; of each run only what a finding tells. */
export const recordedFindings = (runs: readonly RunHead[]): Finding[] => findingsOf(runs.map(brief));
