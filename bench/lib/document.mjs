/**
 * An experiment that hits the one sleeper with the labels `app` and `slot`. The dry run is what the language demands first; both waves measure
 * no longer than one sample, and nothing rests afterwards. Each sleeper is a service of its own: the ledger lets one run at a time on one.
 */
export const hitOne = ({ name, app, slot, url, every, hold, fault = 'process-pause' }) => ({
  apiVersion: 'breakwater.dev/v1',
  kind: 'Experiment',
  metadata: { name, owner: 'bench', service: `${app}-${slot}`, environment: 'development' },
  hypothesis: 'nobody misses a process that does nothing',
  probes: { value: { provider: { kind: 'http', url, read: { jsonPath: '$.value' } }, every, timeout: '5s' } },
  steadyState: [{ probe: 'value', tolerance: { atMost: 5 } }],
  stopConditions: [{ probe: 'value', above: 5 }],
  guard: { maxBlind: '30s' },
  targets: { kind: 'process', labels: { app, slot: String(slot) } },
  fault: { kind: fault },
  // A sleeper that was killed is not restarted: nobody waits for its return.
  blastRadius: { maxVictims: 1, maxConcurrent: 1, survivorsAtLeast: 0, coolDown: '0s', victimsReturn: fault !== 'process-kill' },
  timing: { baseline: '0s', hold, recoverWithin: '60s', stableFor: '0s' },
  waves: [{ name: 'dry-run', dryRun: true }, { name: 'single' }],
});
