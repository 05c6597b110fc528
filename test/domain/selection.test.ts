import fc from 'fast-check';
import { BlastRadius } from '../../src/domain/experiment/waves.ts';
import { chooseVictims, type ChoiceInput } from '../../src/domain/selection.ts';
import type { Target } from '../../src/domain/target.ts';

const target = (name: string, pid: number): Target => ({
  kind: 'process',
  id: `process:boot:${pid}:1`,
  site: 'local',
  name: `${name} (pid ${pid})`,
  labels: {},
  identity: { pid },
});
const workers = (count: number): Target[] => Array.from({ length: count }, (_, i) => target(`worker-${i}`, 100 + i));
const generous = BlastRadius.parse({ maxVictims: 1_000, maxConcurrent: 100, survivorsAtLeast: 0 });
const input = (change: Partial<ChoiceInput> = {}): ChoiceInput => ({
  eligible: workers(10),
  populationSize: 10,
  selection: { count: 1 },
  caps: generous,
  alreadyHit: [],
  seed: 7,
  ...change,
});
const names = (change: Partial<ChoiceInput>): string[] => chooseVictims(input(change)).victims.map(({ name }) => name);

test.each<[string, ChoiceInput['selection'], number]>([
  ['all', 'all', 10],
  ['three', { count: 3 }, 3],
  ['a quarter, rounded down', { percent: 0.25 }, 2],
  ['less than one', { percent: 0.05 }, 0],
  ['29 % of 100, which floating point takes for less', { percent: 0.29 }, 2],
])('%s', (_name, selection, count) => expect(names({ selection })).toHaveLength(count));

test('a percentage is not lost to floating point', () =>
  expect(chooseVictims(input({ eligible: workers(100), populationSize: 100, selection: { percent: 0.29 } })).victims).toHaveLength(29));

test.each<[string, Partial<ChoiceInput>, number, RegExp]>([
  ['maxVictims', { caps: { ...generous, maxVictims: 3 }, alreadyHit: ['a', 'b'] }, 1, /maxVictims is 3, 2 already hit/],
  ['maxConcurrent', { caps: { ...generous, maxConcurrent: 2 } }, 2, /maxConcurrent is 2/],
  ['maxPercent', { caps: { ...generous, maxPercent: 0.3 }, alreadyHit: ['a'] }, 2, /maxPercent is 30% of 10/],
  ['survivorsAtLeast', { caps: { ...generous, survivorsAtLeast: 9 } }, 1, /survivorsAtLeast is 9 of 10/],
  ['survivorsAtLeast above the population', { caps: { ...generous, survivorsAtLeast: 50 } }, 0, /survivorsAtLeast is 50 of 10/],
  ['eligible', { eligible: workers(2), selection: { count: 5 } }, 2, /only 2 eligible/],
])('%s reduces, and says so', (_name, change, count, reason) => {
  const { victims, reductions, wanted } = chooseVictims(input({ selection: 'all', ...change }));
  expect(victims).toHaveLength(count);
  expect(wanted).toBeGreaterThan(count);
  expect(reductions.join('; ')).toMatch(reason);
});

test('by default one is hit and one survives', () => {
  const caps = BlastRadius.parse({});
  expect(names({ selection: 'all', caps })).toHaveLength(1);
  expect(names({ selection: 'all', caps, eligible: workers(1), populationSize: 1 })).toEqual([]);
});

test('others are preferred to a victim, and to what came back in its place', () => {
  for (let seed = 0; seed < 50; seed++) {
    expect(names({ eligible: [target('worker-0', 100), target('worker-1', 101)], alreadyHit: ['worker-0 (pid 100)'], seed })).toEqual([
      'worker-1 (pid 101)',
    ]);
    expect(names({ eligible: [target('worker-0', 555), target('worker-1', 101)], alreadyHit: ['worker-0 (pid 100)'], seed })).toEqual([
      'worker-1 (pid 101)',
    ]);
    expect(names({ eligible: [target('node', 100), target('node', 101)], alreadyHit: ['node (pid 100)'], seed })).toEqual([
      'node (pid 101)',
    ]);
  }
});

test('the seed decides, and every target has its turn', () => {
  expect(names({ selection: { count: 3 }, seed: 1 })).toEqual(names({ selection: { count: 3 }, seed: 1 }));
  expect(new Set(Array.from({ length: 200 }, (_, seed) => names({ seed })[0])).size).toBe(10);
});

test('the choice of a seed stays the same over versions: histories and plans were made with it', () => {
  expect(names({ selection: { count: 3 }, seed: 20261123 })).toMatchInlineSnapshot(`
   [
     "worker-8 (pid 108)",
     "worker-9 (pid 109)",
     "worker-5 (pid 105)",
   ]
  `);
});

const inputs: fc.Arbitrary<ChoiceInput> = fc
  .record({
    eligible: fc
      .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(30)), { maxLength: 20, selector: ([, pid]) => pid })
      .map((all) => all.map(([name, pid]) => target(name, pid))),
    others: fc.nat(10),
    selection: fc.oneof(
      fc.constant('all' as const),
      fc.record({ count: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ percent: fc.double({ min: 0.01, max: 1, noNaN: true }) }),
    ),
    caps: fc.record({
      maxVictims: fc.integer({ min: 1, max: 10 }),
      maxConcurrent: fc.integer({ min: 1, max: 10 }),
      survivorsAtLeast: fc.nat(10),
      maxPercent: fc.double({ min: 0.01, max: 1, noNaN: true }),
    }),
    hit: fc.nat(10),
    seed: fc.integer(),
  })
  .map(({ others, hit, ...rest }) => ({
    ...rest,
    populationSize: rest.eligible.length + others,
    alreadyHit: rest.eligible.slice(0, hit).map(({ name }) => name),
  }));

test('never more than any cap, never anybody who is not eligible, nobody twice, whatever the order of discovery', () =>
  fc.assert(
    fc.property(inputs, (some) => {
      const { victims, wanted, reductions } = chooseVictims(some);
      const { caps, populationSize, eligible, alreadyHit } = some;
      const atMost = [
        wanted,
        eligible.length,
        caps.maxConcurrent,
        caps.maxVictims - alreadyHit.length,
        populationSize - caps.survivorsAtLeast,
        populationSize * (caps.maxPercent ?? 1) + 1e-6 - alreadyHit.length,
      ];
      expect(victims.length).toBeLessThanOrEqual(Math.max(0, ...[Math.min(...atMost)]));
      expect(new Set(victims.map(({ id }) => id)).size).toBe(victims.length);
      for (const victim of victims) expect(eligible).toContain(victim);
      expect(victims.length < wanted || wanted === 0).toBe(reductions.length > 0);
      expect(chooseVictims({ ...some, eligible: [...eligible].reverse() }).victims).toEqual(victims);
      const untouched = eligible.filter(({ name }) => !alreadyHit.includes(name)).length;
      expect(victims.filter(({ name }) => alreadyHit.includes(name)).length).toBeLessThanOrEqual(Math.max(0, victims.length - untouched));
    }),
    { numRuns: 1_000 },
  ));

test('who is not ready is no survivor, and one of two or more is left whatever the file says', () => {
  const asked = { selection: 'all' as const, caps: { ...generous, survivorsAtLeast: 2 } };
  const { victims, reductions } = chooseVictims(input({ ...asked, eligible: workers(4), populationSize: 5, readySize: 4 }));
  expect(victims).toHaveLength(2);
  expect(reductions).toContain('blastRadius.survivorsAtLeast is 2 of 5, of which 4 are ready');
  const bold = chooseVictims(input({ selection: 'all', eligible: workers(5), populationSize: 5, floor: 1 }));
  expect(bold.victims).toHaveLength(4);
  expect(bold.reductions).toEqual(['1 of 5 survives, whatever the file says']);
});
