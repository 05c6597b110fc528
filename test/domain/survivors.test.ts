import fc from 'fast-check';
import { floorOf, floorRefusal, notBack } from '../../src/domain/survivors.ts';

test.each([
  [0, 1, 0],
  [0, 0, 0],
  [0, 2, 1],
  [0, 100, 1],
  [1, 1, 1],
  [3, 5, 3],
  [9, 5, 9],
])('a file that asks for %i of %i gets a floor of %i', (atLeast, size, floor) => expect(floorOf(atLeast, size)).toBe(floor));

test('the refusal names the numbers', () => {
  expect(floorRefusal({ size: 3, ready: ['a', 'b', 'c'], hit: [] }, 'a', 2)).toBeUndefined();
  expect(floorRefusal({ size: 3, ready: ['a', 'b'], hit: [] }, 'a', 2)).toBe(
    'the survivor floor: 1 of 3 would be left alive and ready, 2 must be',
  );
  expect(floorRefusal({ size: 3, ready: ['a', 'b', 'c'], hit: ['b'] }, 'a', 2)).toBe(
    'the survivor floor: 1 of 3 would be left alive and ready (1 more was hit just now), 2 must be',
  );
});

test('a victim that is not ready, or no member, takes nobody away', () => {
  expect(floorRefusal({ size: 3, ready: ['b', 'c'], hit: [] }, 'a', 2)).toBeUndefined();
  expect(floorRefusal({ size: 2, ready: ['b'], hit: [] }, 'stranger', 2)).toMatch(/1 of 2/);
});

test('who has not come back is counted against how the run began', () => {
  const before = { size: 5, ready: 5 };
  expect(notBack(before, { ready: 4 }, 'canary')).toBe('4 of 5 are ready: the victims of wave canary have not come back');
  expect(notBack(before, { ready: 4 }, undefined)).toMatch(/4 of 5 are ready: somebody has gone since the run began/);
  expect(notBack(before, { ready: 5 }, 'canary')).toBeUndefined();
  expect(notBack(before, { ready: 6 }, 'canary')).toBeUndefined();
  expect(notBack(undefined, { ready: 1 }, 'canary')).toBeUndefined(); // the first look
  expect(notBack(before, {}, 'canary')).toBeUndefined(); // prepared by a version that did not count
});

/** One thing that happens to a population: an order, a death that nobody ordered, an effect that shows late, a comeback. */
type Step = { kind: 'order' | 'dies' | 'stalls' | 'shows' | 'returns'; member: number };
const steps = fc.array(
  fc.record<Step>({ kind: fc.constantFrom('order', 'order', 'order', 'dies', 'stalls', 'shows', 'returns'), member: fc.nat(9) }),
  { maxLength: 60 },
);

test('no sequence of orders, deaths and comebacks takes the survivors below the floor by a deed', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), fc.nat(10), steps, (size, asked, sequence) => {
      const ids = Array.from({ length: size }, (_, i) => `m${i}`);
      const floor = floorOf(asked, size);
      const truth = new Map(ids.map((id) => [id, true])); // alive and ready, as only a god knows
      const shown = new Map(truth); // as discovery shows it: a victim's end shows late
      let hit: string[] = [];
      for (const { kind, member } of sequence) {
        const id = ids[member % size]!;
        const set = (value: boolean): void => void (truth.set(id, value), shown.set(id, value));
        if (kind === 'dies' || kind === 'stalls') set(false);
        if (kind === 'returns') {
          if (!hit.includes(id)) set(true);
        }
        if (kind === 'shows') {
          hit = hit.filter((other) => other !== id);
          shown.set(id, truth.get(id)!);
        }
        if (kind !== 'order') continue;
        const ready = ids.filter((other) => shown.get(other));
        if (floorRefusal({ size, ready, hit }, id, floor) !== undefined) continue;
        truth.set(id, false);
        hit.push(id);
        const left = ids.filter((other) => truth.get(other)).length;
        expect(left).toBeGreaterThanOrEqual(floor);
        if (size >= 2) expect(left).toBeGreaterThanOrEqual(1);
      }
    }),
    { numRuns: 2_000 },
  ));

test('a floor that is met refuses nobody', () =>
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 20 }), fc.nat(20), (size, atLeast) => {
      const ready = Array.from({ length: size }, (_, i) => `m${i}`);
      expect(floorRefusal({ size, ready, hit: [] }, 'm0', atLeast) === undefined).toBe(size - 1 >= atLeast);
    }),
  ));
