import type { OpenRun, RecordedSample, RunEvent } from '../../src/records/ports.ts';

export const T0 = Date.parse('2026-11-23T20:10:00.123Z');

export const aRun = (changes: Partial<OpenRun> = {}): OpenRun => ({
  workflowId: 'kill.payment-worker.staging.20261123-2010.k7f2',
  runId: 'r-1',
  name: 'payment-worker-kill',
  service: 'payments',
  environment: 'staging',
  owner: 'team-payments',
  ticket: 'CHG-1',
  planDigest: 'sha256:aaaa',
  seed: 4_294_967_295,
  timeScale: 0.05,
  requestedBy: 'ada',
  site: 'local',
  startedAtMs: T0,
  experiment: { hypothesis: 'killing one worker hurts nobody', waves: [{ name: 'canary', iterations: 1 }] },
  ...changes,
});

export const anEvent = (changes: Partial<RunEvent> = {}): RunEvent => ({
  key: 'k1',
  atMs: T0 + 1,
  kind: 'run-started',
  data: { why: 'asked' },
  ...changes,
});

export const aSample = (changes: Partial<RecordedSample> = {}): RecordedSample => ({
  probe: 'queue-depth',
  atMs: T0 + 1_000,
  wave: 'canary',
  iteration: 0,
  phase: 'baseline',
  measurement: { kind: 'value', value: 0.1 + 0.2 },
  ...changes,
});
