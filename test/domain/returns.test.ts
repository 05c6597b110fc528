import fc from 'fast-check';
import { noteReturns, returnTimes, type Returns } from '../../src/domain/returns.ts';

const hit = { ids: ['a', 'b'], atMs: [1_000, 1_100] };

test('who was there before and was not hit is nobody who came back', () => {
  expect(noteReturns(undefined, [{ id: 'c', startedAtMs: 500 }, { id: 'd' }], hit, 5_000)).toEqual({});
});

test('a replacement that is there at the first look came at its start, one that comes later when it was seen', () => {
  const first = noteReturns(undefined, [{ id: 'new-1', startedAtMs: 2_000 }], hit, 5_000);
  expect(first).toEqual({ 'new-1': 2_000 });
  const [early, late] = [
    { id: 'new-1', startedAtMs: 2_000 },
    { id: 'new-2', startedAtMs: 5_100 },
  ];
  const second = noteReturns(first, [early, late], hit, 5_500);
  expect(second).toEqual({ 'new-1': 2_000, 'new-2': 5_500 });
  expect(returnTimes(second, hit)).toEqual([1_000, 4_400]);
});

test('a victim that is ready again, as after a pause, is back when it is seen', () => {
  const seen = noteReturns(undefined, [{ id: 'a', startedAtMs: 10 }], hit, 3_000);
  expect(returnTimes(seen, hit)).toEqual([2_000]);
});

test('more workers than were lost bring nobody back a second time', () => {
  const many = ['x', 'y', 'z'].map((id, i) => ({ id, startedAtMs: 2_000 + i }));
  expect(noteReturns(undefined, many, hit, 9_000)).toEqual({ x: 2_000, y: 2_001 });
});

test('whoever appears in whatever order: at most one return for each victim, none negative, and what is known stays', () => {
  const look = fc.array(
    fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e'), startedAtMs: fc.option(fc.nat(9_000), { nil: undefined }) }),
  );
  fc.assert(
    fc.property(fc.array(look, { maxLength: 6 }), (looks) => {
      let known: Returns | undefined;
      looks.forEach((ready, i) => {
        const next = noteReturns(known, ready, hit, 2_000 + 500 * i);
        expect(next).toMatchObject(known ?? {});
        known = next;
      });
      const times = returnTimes(known ?? {}, hit);
      expect(times.length).toBeLessThanOrEqual(hit.ids.length);
      for (const ms of times) expect(ms).toBeGreaterThanOrEqual(0);
    }),
  );
});
