import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Neighbouring seeds must not give neighbouring numbers: the generator itself hardly mixes its seed. @see the finaliser of MurmurHash3 */
function mixed(seed: number): number {
  let bits = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** How many numbers a nearly empty state needs to fill up. */
const WARM_UP = 20;

/** A seeded source of even numbers in [0, 1). */
export function seededRandom(seed: number): () => number {
  const generator = xoroshiro128plus(mixed(seed + 1));
  for (let i = 0; i < WARM_UP; i++) uniformFloat64(generator);
  return () => uniformFloat64(generator);
}
