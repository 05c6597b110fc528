import { starterExperiment } from '../../src/language/init.ts';
import { readExperiment, readExperimentFile } from '../../src/language/read.ts';
import { makePlan } from '../../src/language/digest.ts';
import { factsOf } from '../../src/policy/facts.ts';
import { decide } from '../../src/policy/policy.ts';

test.each(['development', 'staging', 'production'])(
  'the file that init writes for %s is an experiment that the policy allows',
  (environment) => {
    const text = starterExperiment({ name: 'checkout-kill', service: 'checkout', environment });
    const { experiment, document } = readExperiment(text, 'checkout-kill.yaml');
    expect(experiment.metadata).toMatchObject({ name: 'checkout-kill', service: 'checkout', environment });
    expect(experiment.waves[0]).toMatchObject({ dryRun: true });
    expect(decide(factsOf(makePlan(document, 1, 1), { atMs: 0, requestedBy: 'ann' })).denials).toEqual([]);
  },
);

test('no line is too long for a terminal beside an editor, and each block is explained', () => {
  const text = starterExperiment({ name: 'a', service: 'b', environment: 'c' });
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(160);
  expect(text.split('\n').filter((line) => line.includes('#')).length).toBeGreaterThan(15);
});

test.each(['', 'Shop', 'a/b', 'a: b\nkind: x', 'x'.repeat(64)])('%j is no name', (name) => {
  expect(() => starterExperiment({ name, service: 'b', environment: 'c' })).toThrow(/lower-case letters/);
});

test('the reference experiment is one, and goes from a dry run over a single worker and the canary to stress', () => {
  const { experiment } = readExperimentFile('examples/payment-worker.yaml');
  expect(experiment.waves.map(({ name }) => name)).toEqual(['dry-run', 'single', 'canary', 'stress']);
  expect(experiment.stopConditions).toEqual([
    { probe: 'payment-errors', above: 0.001, for: 180_000 },
    { probe: 'queue-depth', aboveBaseline: 0.4, minDelta: expect.any(Number) as number, for: expect.any(Number) as number },
  ]);
});
