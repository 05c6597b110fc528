import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileOf, leaseNameOf } from '../../../src/adapters/leases/names.ts';
import { filesIn } from '../../../src/adapters/leases/records.ts';
import { Reaper } from '../../../src/reaper/serve.ts';
import { orderDefaults } from '../../support/orders.ts';

const me = { pid: 1, startTicks: 1, bootId: 'boot' };
let dir = '';
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'breakwater-namespace-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Lets a reaper of pid namespace 2, which is asked to leave, serve a record that was armed in pid namespace 1. @returns what it undid */
async function undoneOf(kind: string): Promise<string[]> {
  const target = { kind, id: 'victim', site: 'eu', name: 'victim', labels: {}, identity: {} };
  const order = { ...orderDefaults(), key: 'order', fault: { kind: 'any' }, target };
  const file = join(dir, fileOf(leaseNameOf(order), 'lease'));
  await writeFile(file, JSON.stringify({ bootId: me.bootId, pidNamespace: 'pid:[1]', order, armedMs: Date.now() }));
  const undone: string[] = [];
  const undo = (record: { order: { key: string } }) => {
    undone.push(record.order.key);
    return Promise.resolve({ undone: true, evidence: 'undone', atMs: Date.now() });
  };
  await new Reaper({ dir, me, pidNamespace: 'pid:[2]', undo: undo, log: () => undefined, leaving: AbortSignal.abort() }).serve();
  return undone;
}

test.each(['pod', 'workload', 'node'])(
  'what was done to a %s is undone by the reaper of a pod that came back in another pid namespace',
  async (kind) => {
    expect(await undoneOf(kind)).toEqual(['order']);
    expect((await filesIn(dir)).filter((name) => name.endsWith('.lease.json'))).toEqual([]);
  },
);

test('a process of another pid namespace is left to the reaper there: its pid means another process here', async () => {
  expect(await undoneOf('process')).toEqual([]);
  expect((await filesIn(dir)).filter((name) => name.endsWith('.lease.json'))).toHaveLength(1);
});
