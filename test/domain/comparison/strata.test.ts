import fc from 'fast-check';
import { strataOf, type FaultSpan, type PlacedSample } from '../../../src/domain/comparison/strata.ts';

const sample = (probe: string, wave: string, iteration: number, phase: string, atMs: number, value: number): PlacedSample => ({
  ...{ probe, wave, iteration, phase, atMs },
  measurement: { kind: 'value', value },
});
const span = (wave: string, iteration: number, fromMs: number, rehearsal = false): FaultSpan => ({ wave, iteration, rehearsal, fromMs });

const spans = [span('noise', 0, 10, true), span('canary', 0, 30), span('canary', 1, 50), span('stress', 0, 70)];
const samples = [
  sample('latency', 'noise', 0, 'baseline', 5, 1),
  sample('latency', 'noise', 0, 'fault', 12, 2),
  sample('latency', 'canary', 0, 'baseline', 25, 3),
  sample('latency', 'canary', 0, 'fault', 29, 99),
  sample('latency', 'canary', 0, 'fault', 31, 4),
  sample('control', 'canary', 0, 'fault', 31, 5),
  sample('latency', 'canary', 1, 'baseline', 45, 6),
  sample('latency', 'canary', 1, 'fault', 52, 7),
  { ...sample('latency', 'canary', 1, 'fault', 53, 0), measurement: { kind: 'no-data' as const, reason: 'empty' } },
  sample('latency', 'canary', 1, 'recovery', 60, 98),
  sample('latency', 'stress', 0, 'fault', 75, 97),
];

test.each([
  [
    'before-after',
    undefined,
    [
      [[3], [4]],
      [[6], [7]],
    ],
  ],
  [
    'control-group',
    'control',
    [
      [[5], [4]],
      [[], [7]],
    ],
  ],
  ['rehearsal', undefined, [[[2], [4, 7]]]],
] as const)('%s: from the fault on, one stratum per iteration of the wave', (design, control, expected) => {
  const strata = strataOf({ design, probe: 'latency', control }, 'canary', spans, samples);
  expect(strata.map(({ reference, treated }) => [reference, treated])).toEqual(expected);
});

test('a signal that is not asked about changes nothing, nor does the order of samples of the same instant', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ atMs: fc.integer({ min: 0, max: 80 }), value: fc.double() })), (noise) => {
      const others = noise.map(({ atMs, value }) => sample('unrelated', 'canary', 0, 'fault', atMs, value));
      const asked = { design: 'before-after', probe: 'latency', control: undefined } as const;
      expect(strataOf(asked, 'canary', spans, [...others, ...samples])).toEqual(strataOf(asked, 'canary', spans, samples));
    }),
  );
});
