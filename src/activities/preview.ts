import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Experiment } from '../domain/experiment/experiment.ts';
import { accessObstacles, type AccessReport } from '../domain/kubernetes/grant.ts';
import type { Spec } from '../domain/order.ts';
import { resolveWaves } from '../domain/plan.ts';
import type { Measurement } from '../domain/sample.ts';
import { createAccessCheck } from './access.ts';
import { askNow } from './ask.ts';
import { checkFence, type FenceCheck } from './fences.ts';
import type { SitePorts } from './ports.ts';
import { foreseeRefusal } from './foresee.ts';
import { choose, foreignObstacles, type Chosen } from './prepare.ts';
import { refuse } from './refuse.ts';
import { signalDefinitions } from './signals.ts';

/** What a wave would hit now. */
export type WavePreview = { wave: string; dryRun: boolean; fault: string; refusal?: string } & Chosen;

/** What a plan shows of a site: victims, and what each probe answers now. */
export interface Preview {
  waves: WavePreview[];
  answers: Record<string, Measurement>;
  /** Absent when nothing is about a cluster. When something is missing nobody was looked for, so `waves` is empty. */
  access?: AccessReport;
  /** What the canary gets now, and what stands in the way. Absent: the experiment has no fence, or nobody may look. */
  traffic?: FenceCheck;
}

/** A plan touches nothing and asks no gate: what could change something is asked only by a run that was let in. */
const NOT_ASKED: Measurement = { kind: 'no-data', reason: 'not asked by a plan: a command or a POST could change something' };

function couldChange({ kind, method = 'GET', good, total }: Spec): boolean {
  const parts = [good, total].filter((part): part is Spec => typeof part === 'object' && part !== null);
  return kind === 'command' || (kind === 'http' && method !== 'GET' && method !== 'HEAD') || parts.some(couldChange);
}

async function answersNow(experiment: Experiment, ports: SitePorts): Promise<Record<string, Measurement>> {
  const [quiet, names]: [string[], string[]] = [[], []];
  for (const [name, { provider }] of Object.entries(signalDefinitions(experiment))) (couldChange(provider) ? quiet : names).push(name);
  return { ...Object.fromEntries(quiet.map((name) => [name, NOT_ASKED])), ...(await askNow(experiment, ports.probes, names)) };
}

/** Creates the activity behind `plan`: looks, and touches nothing. */
export const createPreview = (ports: SitePorts, checkAccess = createAccessCheck(ports.targets.kubernetes)) => ({
  /** @throws ApplicationFailure ForeignEnvironment: whose the site is not need not know who lives there */
  async previewWaves(experiment: Experiment, seed: number): Promise<Preview> {
    const [foreign] = foreignObstacles(ports, experiment);
    if (foreign) throw refuse('ForeignEnvironment', foreign.why);
    const waves: WavePreview[] = [];
    const access = await checkAccess(experiment, cancellationSignal());
    const mayLook = !access || accessObstacles(access, experiment.metadata.name).length === 0;
    for (const wave of mayLook ? resolveWaves(experiment) : []) {
      const chosen = await choose({ experiment, wave, seed, alreadyHit: [] }, ports.targets, cancellationSignal());
      const refusal = await foreseeRefusal(wave.fault, chosen.choice.victims, ports.faults, cancellationSignal());
      waves.push({ wave: wave.name, dryRun: wave.dryRun, fault: wave.fault.kind, ...chosen, ...(refusal !== undefined && { refusal }) });
      heartbeat();
    }
    const traffic = mayLook ? await checkFence(experiment, ports.targets, cancellationSignal()) : undefined;
    return { waves, answers: await answersNow(experiment, ports), ...(access && { access }), ...(traffic && { traffic }) };
  },
});
