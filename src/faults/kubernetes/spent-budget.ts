import { setTimeout as sleep } from 'node:timers/promises';
import { describeBudget, type DisruptionBudget } from '../../domain/kubernetes/budgets.ts';
import { containerOf } from '../../domain/kubernetes/identity.ts';
import type { Target } from '../../domain/target.ts';
import type { FaultPorts } from '../ports.ts';
import { lookAt } from './pod-now.ts';
import { budgetsOf } from './removal.ts';

/** A budget is counted by a controller: it may still lack a victim of before that is back, for as long. */
const LOOKS = 8;
const LOOK_AGAIN_MS = 500;

/**
 * Why none of these pods may be evicted: the budgets of one of them allow nothing, and that for some seconds.
 * @returns the budgets with their numbers; undefined when each has headroom
 * @throws KubernetesError when the API server does not tell
 */
export async function spentBudget(ports: FaultPorts, victims: readonly Target[], signal: AbortSignal): Promise<string | undefined> {
  for (let look = 1; ; look++) {
    const spent = await firstSpent(ports, victims, signal);
    if (spent === undefined || look === LOOKS) return spent;
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
  }
}

async function firstSpent(ports: FaultPorts, victims: readonly Target[], signal: AbortSignal): Promise<string | undefined> {
  for (const victim of victims) {
    const now = await lookAt(ports, containerOf(victim), signal);
    if (!('pod' in now)) continue; // who is gone is skipped at the instant of the deed, with that reason
    const budgets = await budgetsOf(ports, containerOf(victim).namespace, now.pod.metadata.labels, signal);
    const spent = budgets.filter(isSpent);
    if (spent.length > 0) return `pod ${victim.name} must not be evicted: ${spent.map(describeBudget).join('; ')}`;
  }
  return undefined;
}

const isSpent = ({ status }: DisruptionBudget): boolean => status.disruptionsAllowed === 0;
