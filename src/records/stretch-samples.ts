import type { Measurement } from '../domain/sample.ts';
import type { RecordedSample } from './ports.ts';
import type { SampleStretch } from './signal.ts';

/** `no-data: empty result` as it was measured. */
function problemOf(text: string): Measurement {
  const at = text.indexOf(': ');
  return { kind: text.slice(0, at) === 'no-data' ? 'no-data' : 'error', reason: text.slice(at + 2) };
}

/** The samples that a signal's stretches are made of, by time. */
export function samplesOf(probe: string, stretches: readonly SampleStretch[]): RecordedSample[] {
  const samples: RecordedSample[] = [];
  for (const { wave, iteration, phase, atMs, values, problems } of stretches) {
    let problem = 0;
    for (let i = 0; i < atMs.length; i++) {
      const value = values[i] ?? NaN;
      const measurement: Measurement = Number.isNaN(value) ? problemOf(problems[problem++] ?? '') : { kind: 'value', value };
      samples.push({ probe, atMs: atMs[i] ?? NaN, wave, iteration, phase, measurement });
    }
  }
  return samples.sort((a, b) => a.atMs - b.atMs);
}
