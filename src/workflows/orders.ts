import type { Preparation } from '../activities/prepare.ts';
import type { Order } from '../domain/order.ts';
import type { WavePlan } from '../domain/plan.ts';
import { floorOf } from '../domain/survivors.ts';
import type { AdmittedRun, Place } from './context.ts';
import { capOf } from './fence.ts';
import { INJECT_WITHIN_MS } from './proxies.ts';

/** The orders of an iteration to hit its victims, one for each. They expire together. */
export const ordersOf = (run: AdmittedRun, { fault }: WavePlan, place: Place, { choice, populationSize }: Preparation): Order[] =>
  choice.victims.map((target) => ({
    key: `${run.state.workflowId}/${place.wave}/${place.iteration}/${target.id}`,
    workflowId: run.state.workflowId,
    environment: run.plan.experiment.metadata.environment,
    ...place,
    fault,
    target,
    notAfterMs: Date.now() + INJECT_WITHIN_MS,
    epoch: run.epoch,
    victimsPlanned: choice.victims.length,
    leaseMs: run.plan.experiment.guard.lease,
    survivors: {
      targets: run.plan.experiment.targets,
      atLeast: floorOf(run.plan.experiment.blastRadius.survivorsAtLeast, Math.max(populationSize, run.headcount?.size ?? 0)),
    },
    ...capOf(run),
  }));
