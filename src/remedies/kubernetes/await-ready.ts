import { setTimeout as sleep } from 'node:timers/promises';
import { Duration, formatDuration } from '../../domain/units.ts';
import type { KubernetesPort } from '../../domain/kubernetes/port.ts';
import { workloadName, workloadRef, type NamedWorkload } from '../../domain/kubernetes/words.ts';
import { missingOf, RunningWorkload } from '../../domain/kubernetes/workload-state.ts';

const LOOK_EVERY_MS = 500;
/** An attempt of a remedy has two minutes. */
const LONGEST_MS = 90_000;

/** How long a remedy waits for what it did to have worked. */
export const WaitReady = Duration.refine(
  (ms) => ms > 0 && ms <= LONGEST_MS,
  `expected at most ${LONGEST_MS / 1_000}s; use verify of the step for longer`,
)
  .optional()
  .describe(
    'wait until ready replicas = wanted replicas at the new generation, and fail when they are not in this time; absent: do not wait',
  );

/** @throws Error saying what is missing when it is still missing after `withinMs` */
export async function awaitNothingMissing(
  what: string,
  missing: () => Promise<string | undefined>,
  withinMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const still = await missing();
    if (still === undefined) return;
    if (performance.now() >= deadline) throw new Error(`${what} is not ready after ${formatDuration(withinMs)}: ${still}`);
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

/**
 * Waits for a workload, if it is asked for.
 * @param rolledOut every pod must be of the newest template too
 * @returns the end of a sentence
 */
export async function awaitReady(
  kubernetes: KubernetesPort,
  named: NamedWorkload,
  { withinMs, rolledOut }: { withinMs: number | undefined; rolledOut: boolean },
  signal: AbortSignal,
): Promise<string> {
  if (withinMs === undefined) return '';
  const missing = async () => {
    const found = await kubernetes.read(workloadRef(named), RunningWorkload, signal);
    return found ? missingOf(named, found, rolledOut) : 'it is gone';
  };
  await awaitNothingMissing(workloadName(named), missing, withinMs, signal);
  return '; it is ready';
}
