import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readExperiment } from '../../language/read.ts';

/** Minutes pass in two seconds: 3 min → 6 s, 5 min → 10 s. */
export const DEMO_TIME_SCALE = 1 / 30;
/** The look-back of rates and quantiles is not scaled with the policy durations: the minute of the reference file is 2 s here. A longer one still shows the trouble when the time to recover is over. */
const DEMO_WINDOW = '2s';
/** Nor is the sampling interval: 1 s would be half a minute of the demo, in which a queue grows far beyond its limit. */
const DEMO_EVERY = '250ms';
/** This machine carries the whole system, its database and its observers, and perhaps a build: any load will do; the reference file asks for less than 60 %. */
const DEMO_CPU_LIMIT = '100%';

type Json = Record<string, unknown>;
const reference = fileURLToPath(new URL('../../../examples/payment-worker.yaml', import.meta.url));

/** The reference experiment, with the three changes above; all else is the file. */
export async function referenceDocument(): Promise<Json> {
  const { document } = readExperiment(await readFile(reference, 'utf8'), 'examples/payment-worker.yaml');
  const copy = structuredClone(document) as {
    probes: Record<string, { provider: Json; every?: string }>;
    preconditions: { probe: string; tolerance: Json }[];
  } & Json;
  for (const probe of Object.values(copy.probes)) {
    probe.every = DEMO_EVERY;
    if ('window' in probe.provider) probe.provider['window'] = DEMO_WINDOW;
  }
  for (const condition of copy.preconditions) if (condition.probe === 'node-cpu') condition.tolerance = { atMost: DEMO_CPU_LIMIT };
  return copy;
}

/**
 * The reference under another name and hypothesis. Where a runbook starts workers, recovery takes the seconds in which processes start, however fast the
 * demo's time passes: 5 minutes are 10 s here.
 */
async function variant(name: string, hypothesis: string): Promise<Json> {
  const document = await referenceDocument();
  const [metadata, timing] = [document['metadata'] as Json, document['timing'] as Json];
  return { ...document, metadata: { ...metadata, name }, hypothesis, timing: { ...timing, recoverWithin: '5m' } };
}

/** The experiment on a system with a weakness. */
export const weakDocument = (): Promise<Json> =>
  variant(
    'payment-worker-weak',
    'killing payment workers keeps payment errors ≤ 0.1 % and the queue heals within 5 minutes, with the help of the runbook',
  );

/** The same system under a reversible fault: one worker is paused, long enough for Breakwater to be killed meanwhile. */
export const pauseDocument = async (): Promise<Json> => ({
  ...(await variant(
    'payment-worker-pause',
    'a paused payment worker is carried by the others, and runs again whatever happens to Breakwater',
  )),
  fault: { kind: 'process-pause' },
  waves: [
    { name: 'dry-run', dryRun: true },
    { name: 'canary', targets: { kind: 'process', labels: { 'payment-worker': 'canary' } }, hold: '6m' },
  ],
});
