import { judge } from '../../dist/domain/comparison/judge.js';
import { rateAtMost } from './rate.mjs';
import { iteration, SIGNALS, sourceOf } from './scenarios.mjs';
import { naiveP } from './naive.mjs';

/** With any positive estimate counting as relevant, a false alarm is all that chance can make of it. */
const rule = (alpha) => ({ probe: 'signal', design: 'before-after', harm: 'increase', effect: 1e-9, alpha, power: 0.8 });

/** Whether a run of several iterations, judged after each as the product does, is ever refuted at 1 % and at 5 %. */
function refutations(strata, seed) {
  const found = { '1%': false, '5%': false };
  strata.forEach((_, i) => {
    const look = { wave: 'aa', taken: i + 1, planned: strata.length, waves: 1, seed };
    const isRefuted = (alpha) => judge([{ rule: rule(alpha), strata: strata.slice(0, i + 1) }], look)[0].outcome === 'refuted';
    if (!isRefuted(0.05)) return; // what is no alarm at 5 % is none at 1 %
    found['5%'] = true;
    found['1%'] ||= isRefuted(0.01);
  });
  return found;
}

/** A/A: nothing happens, and how often the judge says that something did; beside it Mann–Whitney on the raw samples. */
export function falseAlarms({ runs, seed, say }) {
  return Object.entries(SIGNALS).flatMap(([signal, kind]) =>
    [1, 3].map((iterations) => {
      const hits = { '1%': 0, '5%': 0, naive: 0 };
      for (let run = 0; run < runs; run++) {
        const source = sourceOf(seed, run);
        const strata = Array.from({ length: iterations }, () => iteration(source, kind));
        const found = refutations(strata, run);
        hits['1%'] += found['1%'] ? 1 : 0;
        hits['5%'] += found['5%'] ? 1 : 0;
        hits.naive += naiveP(strata[0].reference, strata[0].treated) <= 0.05 ? 1 : 0;
      }
      const cell = {
        ...{ signal, iterations, at1: rateAtMost(hits['1%'], runs, 0.01), at5: rateAtMost(hits['5%'], runs, 0.05) },
        naiveMannWhitneyAt5: hits.naive / runs,
      };
      say(JSON.stringify(cell));
      return cell;
    }),
  );
}
