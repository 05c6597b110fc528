import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileOf, leaseNameOf } from '../../../src/adapters/leases/names.ts';
import type { Order } from '../../../src/domain/order.ts';
import { mustWait, type Charge } from '../../../src/reaper/charge.ts';
import { Reaper } from '../../../src/reaper/serve.ts';
import { orderDefaults } from '../../support/orders.ts';

const me = { pid: 1, startTicks: 1, bootId: 'boot' };
let dir = '';
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'breakwater-fence-last-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

const orderOf = (name: string, change: Partial<Order> = {}): Order => ({
  ...orderDefaults(),
  key: name,
  fault: { kind: 'any' },
  target: { kind: 'route', id: name, site: 'eu', name, labels: {}, identity: {} },
  leaseMs: 1,
  ...change,
});
const recordOf = (order: Order) => ({ bootId: me.bootId, pidNamespace: 'pid:[1]', order, armedMs: Date.now() });
const fence = orderOf('fence', { isFence: true });

/** Lets a reaper serve a fence and a victim whose leases are over, until the fence was undone. @returns whom it tried, in order */
async function triedBy(isHurried: boolean, victimIsUndoneAt: number): Promise<string[]> {
  const tried: string[] = [];
  const leaving = new AbortController();
  if (isHurried) leaving.abort();
  for (const order of [fence, orderOf('victim')])
    await writeFile(join(dir, fileOf(leaseNameOf(order), 'lease')), JSON.stringify(recordOf(order)));
  const undo = ({ order: { key } }: { order: Order }) => {
    tried.push(key);
    if (key === 'fence') leaving.abort();
    return Promise.resolve({ undone: key === 'fence' || tried.length >= victimIsUndoneAt, evidence: '' });
  };
  await new Reaper({ dir, me, pidNamespace: 'pid:[1]', undo, log: () => undefined, leaving: leaving.signal }).serve();
  return tried;
}

test('a fence is taken back after its victim', async () => expect(await triedBy(false, 2)).toEqual(['victim', 'victim', 'fence']));

test('by a reaper that is asked to leave after each victim was tried once', async () =>
  expect(await triedBy(true, 9)).toEqual(['victim', 'fence']));

test('a victim that cannot be undone does not keep the fence for ever; one of another iteration does not keep it at all', () => {
  const chargeOf = (order: Order, tries: number): Charge => {
    const times = { sinceMs: 0, renewedMs: 0, deadline: 0, nextTry: 0 };
    return { name: leaseNameOf(order), record: recordOf(order), ...times, tries, isBusy: false };
  };
  const waits = (...victims: Charge[]) => mustWait(chargeOf(fence, 0), [chargeOf(fence, 0), ...victims], false);
  expect([0, 4, 5, 6].map((tries) => waits(chargeOf(orderOf('victim'), tries)))).toEqual([true, true, false, false]);
  expect(waits(chargeOf(orderOf('a'), 9), chargeOf(orderOf('b'), 0))).toBe(true);
  expect(waits(chargeOf(orderOf('victim', { iteration: 1 }), 0))).toBe(false);
  expect(mustWait(chargeOf(orderOf('victim'), 0), [chargeOf(fence, 0)], false)).toBe(false);
});
