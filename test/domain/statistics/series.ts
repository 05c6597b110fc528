import { seededRandom } from '../../../src/domain/statistics/random.ts';

/** A seeded first-order autoregression with unit variance. */
export function autoregression(seed: number, phi: number, length: number): number[] {
  const random = seededRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const values = [normal()];
  while (values.length < length) values.push(phi * values.at(-1)! + Math.sqrt(1 - phi * phi) * normal());
  return values;
}

/** Of values that are there. */
export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
