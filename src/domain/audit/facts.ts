import { EVERYWHERE } from '../ledger/names.ts';
import type { RunEvent } from '../run.ts';
import type { AuditedRun, AuditFact } from './entry.ts';

/** Who acts when no person does. */
export const BREAKWATER = 'breakwater';

/** Fields by which the data of an event name a person. */
const ACTORS = ['by', 'requestedBy'];

function actorOf({ kind, data }: RunEvent): string {
  for (const field of ACTORS) {
    const claim = data[field];
    if (typeof claim === 'string' && claim !== '') return claim;
  }
  return kind === 'janitor' ? 'janitor' : BREAKWATER;
}

/** Identity of the entry of a run's event. */
export const eventKey = (workflowId: string, key: string): string => `event/${workflowId}/${key}`;

/** An event of a run, as the audit log keeps it: whole. */
export const factOfEvent = (event: RunEvent, run: AuditedRun): AuditFact => ({
  key: eventKey(run.workflowId, event.key),
  atMs: event.atMs,
  actor: actorOf(event),
  action: event.kind,
  subject: run.workflowId,
  run,
  details: {
    ...(event.wave !== undefined && { wave: event.wave }),
    ...(event.iteration !== undefined && { iteration: event.iteration }),
    data: event.data,
  },
});

/** What the entry of a run's beginning tells of it. */
interface AboutRun {
  startedAtMs: number;
  name: string;
  service: string;
  environment: string;
  owner: string;
  site: string;
  seed: number;
  timeScale: number;
}

/** Of a record of a run, what its entries are bound to. */
export const auditedRun = (
  { workflowId, runId, planDigest, ticket, requestedBy }: AuditedRun,
  experimentDigest: string | undefined,
): AuditedRun => ({
  ...{ workflowId, runId, planDigest, requestedBy },
  ...(experimentDigest !== undefined && { experimentDigest }),
  ...(ticket !== undefined && { ticket }),
});

export const aboutRun = ({ startedAtMs, name, service, environment, owner, site, seed, timeScale }: AboutRun): AboutRun => ({
  ...{ startedAtMs, name, service, environment, owner, site, seed, timeScale },
});

/** That a run is on record: who wanted it, and by its digests exactly what. */
export const factOfOpening = (run: AuditedRun, { startedAtMs, ...about }: AboutRun): AuditFact => ({
  ...{ key: `run/${run.workflowId}`, atMs: startedAtMs, actor: run.requestedBy, action: RUN_OPENED, subject: run.workflowId, run },
  details: about,
});

/** That a run is closed: verdict and reason, and its whole result by digest. */
export const factOfClose = (
  run: AuditedRun,
  { closedAtMs, ...end }: { closedAtMs: number; verdict: string; reason: string; resultDigest: string },
): AuditFact => ({
  ...{ key: `close/${run.workflowId}`, atMs: closedAtMs, actor: BREAKWATER, action: RUN_CLOSED, subject: run.workflowId, run },
  details: end,
});

export const RUN_OPENED = 'run-opened';
export const RUN_CLOSED = 'run-closed';

/** That a post-mortem was handed in, by the digest of its text. */
export const factOfPostMortem = (run: AuditedRun, { digest, by, atMs, completed, fields, runbook }: PostMortem): AuditFact => ({
  ...{ key: `post-mortem/${run.workflowId}/${digest}`, atMs, actor: by, action: 'post-mortem', subject: run.workflowId, run },
  details: { digest, completed, fields, runbook },
});

interface PostMortem {
  digest: string;
  by: string;
  atMs: number;
  completed: number;
  fields: number;
  runbook: string;
}

/** Something that is about no recorded run. Long texts are cut: they come from whoever was refused. */
export const factAbout = (
  subject: string,
  action: string,
  { key, atMs, actor, ...details }: { key: string; atMs: number; actor: string } & Record<string, unknown>,
): AuditFact => ({ key, atMs, actor: actor.slice(0, MAX_TEXT), action, subject: subject.slice(0, MAX_TEXT), details });

const MAX_TEXT = 500;

/** That a halt was lifted. No environment: the halt of all. */
export const factOfLift = (environment: string | undefined, by: string, reason: string, atMs: number): AuditFact =>
  factAbout(`environment:${environment ?? EVERYWHERE}`, 'halt-lifted', {
    ...{ key: `halt-lifted/${environment ?? EVERYWHERE}/${atMs}`, atMs, actor: by, reason },
  });

/** That somebody changed a schedule, or made it start a run: the run names whoever added the schedule. */
export const factOfScheduleAct = (
  act: 'add' | 'remove' | 'pause' | 'resume' | 'trigger',
  name: string,
  by: string,
  atMs: number,
): AuditFact => factAbout(`schedule:${name}`, `schedule-${act}`, { key: `schedule-${act}/${name}/${atMs}/${by}`, atMs, actor: by });

/** That a run did not take what somebody wanted of it: a refused update leaves no trace in Temporal. */
export const factOfRefusedAct = (act: string, workflowId: string, by: string, why: string, atMs: number): AuditFact =>
  factAbout(workflowId, 'act-refused', { key: `act-refused/${workflowId}/${atMs}`, atMs, actor: by, act, why: why.slice(0, MAX_TEXT) });
