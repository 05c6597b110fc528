import { judge } from '../../dist/domain/comparison/judge.js';
import { autocorrelationTime } from '../../dist/domain/statistics/autocorrelation.js';
import { batches, batchRule } from '../../dist/domain/statistics/batches.js';
import { rankEvidence } from '../../dist/domain/statistics/rank-martingale.js';
import { naiveP } from './naive.mjs';
import { median, rate } from './rate.mjs';
import { iteration, SIGNALS, sourceOf } from './scenarios.mjs';

const ALPHA = 0.05;
const LENGTH = 300;
/** Milliseconds added to a latency of about 100 ms; the first one is the false alarm. */
const SHIFTS = [0, 10, 25, 50, 100];
/** A limit as people set it: three times the usual, for three samples in a row. */
const THRESHOLD = { above: 300, inARow: 3 };

function thresholdAt(values) {
  let streak = 0;
  return values.findIndex((value) => (streak = value > THRESHOLD.above ? streak + 1 : 0) >= THRESHOLD.inARow);
}

/** When each method raises the alarm on the same data, in samples (seconds) after the fault began; undefined: never. */
function detections({ reference, treated }, seed) {
  const rule = batchRule(autocorrelationTime([reference]));
  const evidence = rankEvidence([{ reference: batches(reference, rule, 'median'), treated: batches(treated, rule, 'median') }], seed);
  const crossing = evidence.findIndex(({ larger }) => larger >= 1 / ALPHA);
  const spec = { probe: 'signal', design: 'before-after', harm: 'increase', effect: 1e-9, alpha: ALPHA, power: 0.8 };
  const [judgement] = judge([{ rule: spec, strata: [{ reference, treated }] }], { wave: 'w', taken: 1, planned: 1, waves: 1, seed });
  const limit = thresholdAt(treated);
  return {
    judge: judgement.outcome === 'refuted' ? LENGTH : undefined,
    sequential: crossing < 0 ? undefined : crossing * (rule.length + rule.gap) + rule.length,
    threshold: limit < 0 ? undefined : limit + 1,
    fixedHorizonMannWhitney: naiveP(reference, treated) <= ALPHA ? LENGTH : undefined,
  };
}

/** Detection rate and median delay of each method, by shift; with the shift 0 the rate is its false alarms. */
export function power({ runs, seed, say }) {
  const each = Math.max(1, Math.round(runs / 5));
  return SHIFTS.map((shift) => {
    const found = Array.from({ length: each }, (_, run) =>
      detections(iteration(sourceOf(seed, run), SIGNALS['latency, phi 0.5'], shift, LENGTH), run),
    );
    say(`shift ${shift} ms`);
    const methods = ['judge', 'sequential', 'threshold', 'fixedHorizonMannWhitney'].map((method) => {
      const delays = found.map((one) => one[method]).filter((delay) => delay !== undefined);
      return [method, { detected: rate(delays.length, each), medianDelayS: median(delays) }];
    });
    return { signal: 'latency, phi 0.5', shiftMs: shift, runs: each, ...Object.fromEntries(methods) };
  });
}
