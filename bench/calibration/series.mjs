import { seededRandom } from '../../dist/domain/statistics/random.js';

/** A seeded standard normal (Box and Muller 1958). */
export function normalSource(seed) {
  const random = seededRandom(seed);
  return {
    random,
    normal: () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  };
}

/** First-order autoregression with unit variance: `phi` is the correlation of neighbours. */
export function autoregression({ normal }, phi, length) {
  const values = [normal()];
  while (values.length < length) values.push(phi * values.at(-1) + Math.sqrt(1 - phi * phi) * normal());
  return values;
}

/** Knuth's Poisson; `mean` stays small here. */
function poisson({ random }, mean) {
  const limit = Math.exp(-mean);
  let [count, product] = [0, random()];
  while (product > limit) {
    product *= random();
    count++;
  }
  return count;
}

/**
 * Latencies in milliseconds, a sample a second: log-normal about 100 ms with a spread of half, neighbours correlated, and 3 % of the
 * samples multiplied by a Pareto tail with infinite variance (exponent 1.5). The shift is added.
 */
export const latencies = (source, { phi, length, shift = 0 }) =>
  autoregression(source, phi, length).map((z) => {
    const tail = source.random() < 0.03 ? (1 - source.random()) ** (-1 / 1.5) : 1;
    return 100 * Math.exp(0.5 * z) * tail + shift;
  });

/** Errors a second: Poisson about 2, whose rate itself wanders (correlated, log-normal with a spread of 0.3). The shift is added to the rate. */
export const errors = (source, { phi, length, shift = 0 }) =>
  autoregression(source, phi, length).map((z) => poisson(source, (2 + shift) * Math.exp(0.3 * z)));
