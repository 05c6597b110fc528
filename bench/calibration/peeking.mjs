import { autocorrelationTime } from '../../dist/domain/statistics/autocorrelation.js';
import { batches, batchRule } from '../../dist/domain/statistics/batches.js';
import { rankEvidence } from '../../dist/domain/statistics/rank-martingale.js';
import { naiveP } from './naive.mjs';
import { rate, rateAtMost } from './rate.mjs';
import { iteration, SIGNALS, sourceOf } from './scenarios.mjs';

const ALPHA = 0.05;
/** Long, because it is peeking that is judged: a look after every batch. */
const LENGTH = 600;

/** A/A under continuous peeking: how often each test *ever* raises an alarm, looked at after every batch. */
export function peeking({ runs, seed, say }) {
  return Object.entries(SIGNALS).map(([signal, kind]) => {
    const hits = { sequential: 0, naive: 0 };
    for (let run = 0; run < runs; run++) {
      const { reference, treated } = iteration(sourceOf(seed, run), kind, 0, LENGTH);
      const rule = batchRule(autocorrelationTime([reference])); // known before the fault begins
      const [before, after] = [batches(reference, rule, 'mean'), batches(treated, rule, 'mean')];
      const looks = after.map((_, i) => i + 1);
      hits.sequential += rankEvidence([{ reference: before, treated: after }], run).some(({ larger }) => larger >= 1 / ALPHA) ? 1 : 0;
      hits.naive += looks.some((look) => naiveP(before, after.slice(0, look)) <= ALPHA) ? 1 : 0;
    }
    say(signal);
    return {
      ...{ signal, alpha: ALPHA, sequential: rateAtMost(hits.sequential, runs, ALPHA) },
      naiveMannWhitney: rate(hits.naive, runs),
    };
  });
}
