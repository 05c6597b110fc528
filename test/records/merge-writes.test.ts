import { setTimeout as delay } from 'node:timers/promises';
import { mergeWrites } from '../../src/records/postgres/merge-writes.ts';

/** A store that notes each statement; one with `bad` in it is refused, and one at all while it is away fails. */
function openStore(maxSize = 100) {
  const store = { statements: [] as string[][], isAway: false };
  const write = async (items: readonly string[]): Promise<void> => {
    await delay(5);
    store.statements.push([...items]);
    if (store.isAway) throw new Error('away');
    if (items.includes('bad')) throw new Error('refused');
  };
  const { put, settled } = mergeWrites<string>(
    write,
    (cause) => (cause as Error).message === 'away',
    (item) => item.length,
    maxSize,
  );
  return { store, put, settled };
}

test('writes of one turn share a statement, and those that come meanwhile share the next, in their order', async () => {
  const { store, put } = openStore();
  const first = [put('a'), put('b'), put('c')];
  await delay(2);
  const second = [put('d'), put('e')];
  await Promise.all([...first, ...second]);
  expect(store.statements).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
  ]);
});

test('a refused item fails for itself alone: everybody else is written', async () => {
  const { store, put } = openStore();
  const answers = await Promise.allSettled([put('a'), put('bad'), put('b')]);
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(store.statements).toEqual([['a', 'bad', 'b'], ['a'], ['bad'], ['b']]);
  await put('later');
  expect(store.statements.at(-1)).toEqual(['later']);
});

test('a store that is away fails once for all, not once for each', async () => {
  const { store, put } = openStore();
  store.isAway = true;
  const answers = await Promise.allSettled([put('a'), put('b'), put('c')]);
  expect(answers.every((answer) => answer.status === 'rejected' && (answer.reason as Error).message === 'away')).toBe(true);
  expect(store.statements).toHaveLength(1);
});

test('no statement is larger than allowed, unless one item alone is', async () => {
  const { store, put } = openStore(4);
  await Promise.all(['aa', 'bb', 'c', 'dddddd', 'e'].map(put));
  expect(store.statements).toEqual([['aa', 'bb'], ['c'], ['dddddd'], ['e']]);
});

test('settled waits for all that was put, also for what waits behind a statement', async () => {
  const { store, put, settled } = openStore();
  await settled();
  void put('a');
  await delay(2);
  void put('b');
  await settled();
  expect(store.statements).toEqual([['a'], ['b']]);
});
