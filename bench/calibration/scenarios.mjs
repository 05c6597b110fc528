import { errors, latencies, normalSource } from './series.mjs';

/** Signals that runs are simulated with. `phi` is the correlation of samples that follow each other. */
export const SIGNALS = {
  'latency, phi 0': { draw: latencies, phi: 0 },
  'latency, phi 0.5': { draw: latencies, phi: 0.5 },
  'latency, phi 0.8': { draw: latencies, phi: 0.8 },
  'errors, phi 0.5': { draw: errors, phi: 0.5 },
  'errors, phi 0.9': { draw: errors, phi: 0.9 },
};

/** Samples before and under the fault, one a second. */
export const LENGTH = 120;

/** Before and after of one iteration: one unbroken series, whose second part is shifted. */
export function iteration(source, { draw, phi }, shift = 0, length = LENGTH) {
  const before = draw(source, { phi, length: 2 * length });
  if (shift === 0) return { reference: before.slice(0, length), treated: before.slice(length) };
  return { reference: before.slice(0, length), treated: before.slice(length).map((value) => value + shift) };
}

/** A source of its own for each run: runs can be simulated again one by one. */
export const sourceOf = (seed, run) => normalSource((seed + run * 7919) % 2 ** 31);
