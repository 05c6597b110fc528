import { signalsFromSamples } from '../../../src/records/downsample.ts';
import type { RecordedSample, RunEvent, RunRecord } from '../../../src/records/ports.ts';
import { buildReport, type RunReport } from '../../../src/report/index.ts';
import { run, T0 } from '../examples.ts';

/** A plausible run of three waves on a service that feels it: every part of the page has something to show. */
const STEP_S = 600;
const WAVES = ['dry-run', 'single-replica', 'canary', 'stress'];
const s = (seconds: number): number => T0 + seconds * 1_000;

/** Noise that is the same every time. */
const noise = (i: number): number => (Math.sin(i * 12.9898) * 43758.5453) % 1;

const phaseOf = (second: number) => (second < 200 ? 'baseline' : second < 350 ? 'fault' : 'recovery');

function samplesOf(probe: string, quiet: number, felt: number): RecordedSample[] {
  return WAVES.flatMap((wave, w) =>
    Array.from({ length: 540 }, (_, i): RecordedSample => {
      const isLive = w > 0 && i >= 205 && i < 350;
      const pull = isLive ? felt * w * (1 - Math.exp(-(i - 205) / 40)) : w > 0 && i >= 350 ? felt * w * Math.exp(-(i - 350) / 30) : 0;
      const value = Math.max(0, quiet + pull + noise(i + w * 1_000) * quiet * 0.2 + (i % 211 === 210 ? quiet : 0));
      const isBlind = probe === 'error-rate' && w === 2 && i >= 280 && i < 292;
      return {
        ...{ probe, wave, iteration: 0, phase: phaseOf(i), atMs: s(w * STEP_S + i) },
        measurement: isBlind ? { kind: 'error', reason: 'HTTP 503 from http://prometheus:9090' } : { kind: 'value', value },
      };
    }),
  );
}

const at = (wave: string, seconds: number, kind: string, data: RunEvent['data']): RunEvent => ({
  ...{ key: `${wave}-${kind}-${seconds}`, atMs: s(seconds), kind, wave, iteration: 0, data },
});

const victim = (name: string) => ({
  id: `process:${name}`,
  name: `${name} (pid 4711)`,
  kind: 'process',
  identity: { pid: 4711, startTicks: 9 },
});

function eventsOf(): RunEvent[] {
  return WAVES.flatMap((wave, w) => {
    const from = w * STEP_S;
    const victims = Array.from({ length: w }, (_, i) => victim(`payment-worker-${i + 1}`));
    if (w === 0) return [at(wave, 1, 'steady-state', { holds: true }), at(wave, 400, 'judged', { outcome: 'walked', dryRun: true })];
    return [
      at(wave, from + 1, 'precondition', { probe: 'error-budget', met: true, value: 0.93 }),
      at(wave, from + 200, 'victims-chosen', { victims, wanted: w, reason: 'drawn by seed 7 from 6 ready targets' }),
      at(wave, from + 203, 'guard-armed', { signals: ['queue-depth', 'latency-p95', 'error-rate'] }),
      ...victims.map((target, i) => at(wave, from + 205 + i * 0.01, 'injected', { target, outcome: 'injected' })),
      ...(w === 3 ? [at(wave, from + 280, 'breach', { rule: 'queue-depth > 14 for 3 s', value: 31, atMs: s(from + 280) })] : []),
      at(wave, from + (w === 3 ? 280.043 : 350), 'undo', { what: 'process-pause', evidence: 'SIGCONT sent, state S' }),
      ...(w === 3 ? [at(wave, from + 281, 'runbook', { name: 'scale-up', outcome: 'begun', why: 'rollback after a stop' })] : []),
      ...(w === 3 ? [at(wave, from + 330, 'runbook', { name: 'scale-up', outcome: 'stable' })] : []),
      at(wave, from + 450, 'recovery', { kind: 'recovered', inMs: 42_000 * w, withinMs: 120_000, helpedBy: [] }),
      at(wave, from + 451, 'judged', { outcome: w === 3 ? 'stopped' : 'held', dryRun: false, faultMs: 145_000 }),
    ];
  });
}

const experiment = {
  hypothesis: 'Killing up to three payment workers keeps the queue short and nobody waits longer than 250 ms',
  probes: { 'queue-depth': { unit: 'jobs' }, 'latency-p95': { unit: 'ms' }, 'error-rate': { unit: '%' } },
  steadyState: [
    { probe: 'queue-depth', tolerance: { atMost: 12 } },
    { probe: 'latency-p95', tolerance: { atMost: 250 } },
    { probe: 'error-rate', tolerance: { atMost: 1 } },
  ],
  stopConditions: [
    { probe: 'queue-depth', aboveBaseline: 1.5, for: 3_000 },
    { probe: 'latency-p95', above: 400, for: 0 },
    { probe: 'error-rate', above: 50, for: 0 },
  ],
};

const recovered = (wave: string, w: number) => ({
  ...{ wave, iteration: 0, dryRun: w === 0, outcome: w === 0 ? 'walked' : w === 3 ? 'stopped' : 'held' },
  recovery:
    w === 0 ? { kind: 'not-needed' } : { kind: 'recovered', inMs: 42_000 * w, withinMs: 120_000, helpedBy: w === 3 ? ['scale-up'] : [] },
});

const result = {
  rule: 'stop-condition',
  leftovers: [],
  victims: WAVES.flatMap((wave, w) =>
    Array.from({ length: w }, (_, i) => ({
      ...{
        wave,
        iteration: 0,
        id: `process:payment-worker-${i + 1}`,
        name: `payment-worker-${i + 1} (pid 4711)`,
        undone: 'SIGCONT sent, state S',
      },
      injection: { outcome: 'injected', atMs: s(w * STEP_S + 205), effect: { proven: true, evidence: 'state T in /proc/4711/stat' } },
    })),
  ),
  iterations: WAVES.map(recovered),
  stopLatencyMs: 43,
};

/** @param change of the run, such as its verdict */
export const longRun = (change: Partial<RunRecord> = {}): RunReport => {
  const samples = [...samplesOf('queue-depth', 6, 5), ...samplesOf('latency-p95', 120, 60), ...samplesOf('error-rate', 0.3, 0.2)];
  const record = run({ experiment, result, startedAtMs: T0 - 5_000, closedAtMs: s(2_300), timeScale: 1, ...change });
  return buildReport(record, eventsOf(), signalsFromSamples(samples));
};
