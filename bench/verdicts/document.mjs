import { referenceDocument } from '../../dist/sandbox/demo/documents.js';

/** Minutes pass in two seconds, as in the demo. */
export const TIME_SCALE = 1 / 30;
/** The weakness: a dead worker comes back after this. The hypothesis promises 2 min, which are 4 s here; a healthy supervisor needs less than one. */
export const SLOW_RESTART = '8s';

/**
 * The reference experiment, cut down to one kill of one payment worker, chosen by the seed, and without a runbook, so that the verdict is about the
 * system alone: all workers must run again within 2 minutes.
 */
export async function oneKill() {
  const reference = await referenceDocument();
  for (const field of ['remediation', 'rollbacks', 'runbooks']) delete reference[field];
  return {
    ...reference,
    metadata: { ...reference.metadata, name: 'payment-worker-verdicts' },
    hypothesis: 'a killed payment worker is back within 2 minutes, and payment errors stay at or below 0.1 %',
    steadyState: [...reference.steadyState, { probe: 'workers-running', tolerance: { atLeast: 4 } }],
    stopConditions: [{ probe: 'payment-errors', above: '50%', for: '3m' }],
    blastRadius: { ...reference.blastRadius, coolDown: '15s' },
    timing: { baseline: '1m', hold: '1m', recoverWithin: '2m', stableFor: '15s' },
    waves: [{ name: 'dry-run', dryRun: true }, { name: 'kill' }],
  };
}
