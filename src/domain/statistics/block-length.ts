import { isUsable, sum } from './finite.ts';

/** Least samples from which a dependence can be read at all. */
const LEAST = 10;

const product = (a: readonly number[], b: readonly number[]): number => sum(a.map((value, i) => value * (b[i] ?? 0)));

/**
 * Mean block length, in samples, with which a stationary bootstrap of the mean errs least; chosen from the data by the flat-top
 * estimate of its spectrum at zero.
 * @returns 1 (no dependence to keep) for a constant or a series of fewer than 10 samples
 * @see Politis and White 2004, Econometric Reviews 23(1), corrected by Patton, Politis and White 2009, 28(4)
 */
export function blockLength(values: readonly number[]): number {
  const n = values.length;
  if (!isUsable(values, LEAST)) return 1;
  const mean = sum(values) / n;
  const centred = values.map((value) => value - mean);
  const run = Math.max(5, Math.floor(Math.log10(n)));
  const most = Math.min(n - 2, Math.ceil(Math.sqrt(n)) + run);
  const covariance = (lag: number): number => product(centred.slice(lag), centred) / n;
  if (covariance(0) === 0) return 1;
  const last = Math.min(most, 2 * Math.max(1, firstSilence(centred, run, most) ?? most));
  let [curvature, spectrum] = [0, covariance(0)];
  for (let lag = 1; lag <= last; lag++) {
    const weight = 2 * Math.min(1, 2 * (1 - lag / last)) * covariance(lag);
    curvature += weight * lag;
    spectrum += weight;
  }
  const best = (curvature ** 2 / spectrum ** 2) ** (1 / 3) * n ** (1 / 3);
  return Math.max(1, Math.min(best, Math.ceil(Math.min(3 * Math.sqrt(n), n / 3))));
}

/** First lag after which `run` autocorrelations in a row are not to be told from zero. */
function firstSilence(centred: readonly number[], run: number, most: number): number | undefined {
  const n = centred.length;
  const limit = 2 * Math.sqrt(Math.log10(n) / n);
  let quiet = 0;
  for (let lag = 0; lag < most; lag++) {
    const [late, early] = [centred.slice(lag + 1), centred.slice(0, n - lag - 1)];
    const scale = Math.sqrt(product(late, late) * product(early, early));
    const isQuiet = Math.abs(product(centred.slice(lag), centred)) < limit * scale;
    quiet = isQuiet ? quiet + 1 : 0;
    if (quiet >= run) return lag + 1 - run;
  }
  return undefined;
}
