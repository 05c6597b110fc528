import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { BreakwaterHttpClient, StartedRun, StartOptions } from '../client.ts';
import { isApiOutage } from './api-failure.ts';
import { mustBeValid, type Planned, type PlanOptions } from './planned.ts';

/** How often a start is sent whose answer did not come. Its key makes it one. */
const ATTEMPTS = 5;
const AGAIN_AFTER_MS = 2_000;
const MAX_SEED = 2 ** 31 - 1;

/** A key stands for one request, and the seed is a part of it: who repeats a key without a seed must not draw another. */
const seedOfKey = (key: string): number => createHash('sha256').update(key).digest().readUInt32BE() % MAX_SEED;

/** Reads the file, and asks the API what would happen. Touches nothing. @throws ExperimentError for the file; CliError when the plan is refused */
export async function planAtApi(
  api: BreakwaterHttpClient,
  file: string,
  { seed, timeScale, requestedBy, idempotencyKey }: PlanOptions & { idempotencyKey?: string },
): Promise<Planned> {
  const { readExperimentFile } = await import('../language/read.ts');
  const { document } = readExperimentFile(file);
  const scale = timeScale === undefined ? {} : { timeScale };
  const drawn = seed ?? (idempotencyKey === undefined ? undefined : seedOfKey(idempotencyKey));
  const result = mustBeValid(await api.plan({ document, ...scale, ...(drawn !== undefined && { seed: drawn }) }));
  return { result, start: { document, requestedBy, ...scale, seed: result.plan.seed, expectedDigest: result.plan.digest } };
}

/** Starts a run once. An answer that is lost is asked for again, with the same key. @throws ApiProblem */
export async function startAtApi(
  api: BreakwaterHttpClient,
  { requestedBy: _authenticated, issuedAtMs: _now, ...options }: StartOptions,
  idempotencyKey = `cli-${randomUUID()}`,
): Promise<StartedRun> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await api.start({ ...options, idempotencyKey });
    } catch (error) {
      if (attempt === ATTEMPTS || !isApiOutage(error)) throw error;
      await delay(AGAIN_AFTER_MS);
    }
  }
}
