/** A small experiment with one signal and a reversible fault; durations are short and the site is a fake, so they mean little. */
export const experimentDocument = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  apiVersion: 'breakwater.dev/v1',
  kind: 'Experiment',
  metadata: { name: 'payment-worker', owner: 'payments', service: 'payments', environment: 'staging' },
  hypothesis: 'pausing one payment worker keeps payment errors at or below one in a thousand',
  probes: {
    errors: {
      provider: { kind: 'http', url: 'http://127.0.0.1:9/errors', read: { jsonPath: '$.rate' } },
      every: '100ms',
      timeout: '100ms',
    },
  },
  steadyState: [{ probe: 'errors', tolerance: { atMost: '0.1%' } }],
  stopConditions: [{ probe: 'errors', above: '0.1%' }],
  targets: { kind: 'process', labels: { app: 'payment-worker' } },
  fault: { kind: 'process-pause' },
  blastRadius: { maxVictims: 4, maxConcurrent: 2, survivorsAtLeast: 1, coolDown: '0s' },
  timing: { baseline: '100ms', hold: '100ms', recoverWithin: '2s', stableFor: '100ms' },
  waves: [{ name: 'dry-run', dryRun: true }, { name: 'single' }],
  ...changes,
});

/** The four waves of the README's example. */
export const fourWaves = [
  { name: 'dry-run', dryRun: true },
  { name: 'single' },
  { name: 'canary' },
  { name: 'stress', iterations: 2, selection: { count: 2 } },
];

/** A runbook of one verified step, under the name `scale-up`. */
export const scaleUp = {
  'scale-up': {
    steps: [
      {
        remedy: { kind: 'http-request', url: 'http://127.0.0.1:9/scale', json: { workers: 4 } },
        verify: { probe: 'errors', tolerance: { atMost: '0.1%' }, within: '2s' },
      },
    ],
  },
};

/** A fence that the run sets and takes back. */
export const fenced = {
  route: { kind: 'http-route', namespace: 'shop', name: 'web', canary: 'web-canary' },
  maxShare: '5%',
  set: '5%',
};
