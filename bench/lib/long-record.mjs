import { runPool } from './pool.mjs';

const WAVES = 3;
const BATCH = 5_000;
const PHASES = ['baseline', 'fault', 'recovery'];

/** The experiment of a run that measured so many signals. */
const experiment = (probes) => ({
  hypothesis: 'a long run is reported quickly',
  probes: Object.fromEntries(probes.map((probe) => [probe, { unit: 'ms', every: 1_000 }])),
  steadyState: probes.map((probe) => ({ probe, tolerance: { atMost: 400 } })),
  stopConditions: probes.map((probe) => ({ probe, aboveBaseline: 1, for: 3_000 })),
});

/** A latency with noise, a tail, a rise under the fault and now and then no answer. The same every time. */
function measurementOf(i, phase) {
  if (i % 977 === 13) return { kind: 'error', reason: 'timed out after 2 s' };
  const noise = Math.abs((Math.sin(i * 12.9898) * 43_758.5453) % 1);
  return { kind: 'value', value: 100 + 40 * noise + (phase === 'fault' ? 60 : 0) + (i % 499 === 7 ? 300 : 0) };
}

function sampleAt(probe, second, { startMs, waveSeconds }) {
  const inWave = second % waveSeconds;
  const phase = PHASES[Math.floor((inWave / waveSeconds) * PHASES.length)];
  const wave = `wave-${Math.floor(second / waveSeconds) + 1}`;
  return { probe, atMs: startMs + second * 1_000, wave, iteration: 0, phase, measurement: measurementOf(second, phase) };
}

const event = (wave, atMs, kind, data) => ({ key: `${wave}-${kind}`, atMs, kind, wave, iteration: 0, data });

/** Records one closed run with `signals` signals of `seconds` samples, one a second, through the records themselves. @returns its id and the number of samples */
export async function recordLongRun(records, { signals, seconds }) {
  const workflowId = `bench.report.${signals}x${seconds}`;
  const startMs = Date.now() - seconds * 1_000 - 60_000;
  const probes = Array.from({ length: signals }, (_, i) => `signal-${String(i + 1).padStart(2, '0')}`);
  const waveSeconds = seconds / WAVES;
  const who = { name: 'bench-report', service: 'bench', environment: 'development', owner: 'bench', requestedBy: 'bench', site: 'local' };
  const how = { planDigest: 'sha256:bench', seed: 7, timeScale: 1, startedAtMs: startMs, experiment: experiment(probes) };
  await records.openRun({ workflowId, runId: 'bench', ...who, ...how });
  const waves = Array.from({ length: WAVES }, (_, w) => ({ wave: `wave-${w + 1}`, fromMs: startMs + w * waveSeconds * 1_000 }));
  await records.appendEvents(
    workflowId,
    waves.flatMap(({ wave, fromMs }) => [
      event(wave, fromMs, 'steady-state', { holds: true }),
      event(wave, fromMs + (waveSeconds * 1_000) / 3, 'injected', { target: { id: 'v', name: 'victim' }, outcome: 'injected' }),
      event(wave, fromMs + (waveSeconds * 2_000) / 3, 'undo', { what: 'victim', evidence: 'state S' }),
      event(wave, fromMs + waveSeconds * 900, 'recovery', { kind: 'recovered', inMs: 4_000 }),
    ]),
  );
  const place = { startMs, waveSeconds };
  await runPool(signals, 4, async (i) => {
    for (let from = 0; from < seconds; from += BATCH) {
      const length = Math.min(BATCH, seconds - from);
      await records.appendSamples(
        workflowId,
        Array.from({ length }, (_, n) => sampleAt(probes[i], from + n, place)),
      );
    }
  });
  const iterations = waves.map(({ wave }) => ({
    ...{ wave, iteration: 0, dryRun: false, outcome: 'held' },
    recovery: { kind: 'recovered', inMs: 4_000, withinMs: 60_000, helpedBy: [] },
  }));
  const result = { leftovers: [], victims: [], iterations };
  await records.closeRun(workflowId, { verdict: 'passed', reason: 'held', result, closedAtMs: Date.now() });
  return { workflowId, samples: signals * seconds };
}
