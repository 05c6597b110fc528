import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { NODES } from '../../src/domain/kubernetes/resources.ts';
import { describeWithCluster, freshDir } from '../support/cluster.ts';
import { never, Stage } from './harness/faults.ts';

const run = promisify(execFile);
const script = (name: string) => resolve('testbed/kubernetes', name);
const claims = '/run/breakwater-kubernetes';

/** Brings a cluster up in the folder, and kills up.sh by SIGKILL when it says something that holds this text. @returns whether it was killed */
async function upKilledAt(folder: string, text: string): Promise<boolean> {
  const up = spawn(script('up.sh'), [folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(up, 'exit');
  for await (const line of createInterface(up.stderr)) if (line.includes(text)) up.kill('SIGKILL');
  return (await ended)[1] === 'SIGKILL';
}

const down = (folder: string) => run(script('down.sh'), [folder], { timeout: 60_000 });

/** What a cluster leaves on the machine, by the name of its folder and its number. */
async function traces(folder: string, slot: string): Promise<string[]> {
  const [routes, links, mounts, cgroups] = await Promise.all([
    run('ip', ['route']),
    run('ip', ['-o', 'link']),
    readFile('/proc/self/mountinfo', 'utf8'),
    run('find', ['/sys/fs/cgroup', '-maxdepth', '2', '-name', `breakwater-k${slot}-*`]),
  ]);
  const lines = [routes.stdout, links.stdout, mounts, cgroups.stdout].flatMap((text) => text.split('\n'));
  const named = lines.filter((line) => line.includes(folder) || new RegExp(`\\bbwk${slot}\\b|breakwater-k${slot}-`).test(line));
  return [...named, ...(await marked(folder)), ...(existsSync(folder) ? [folder] : [])];
}

/** Processes that carry the cluster's mark. */
async function marked(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')));
  return pids.filter((_pid, i) => environments[i]!.split('\0').includes(`BREAKWATER_CLUSTER=${folder}`)).map((pid) => `pid ${pid}`);
}

/** The number that the cluster in this folder has. */
async function slotOf(folder: string): Promise<string> {
  for (const slot of await readdir(claims)) if ((await readlink(join(claims, slot))) === folder) return slot;
  throw new Error(`${folder} has no number in ${claims}`);
}

const sysctls = () =>
  Promise.all(['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops'].map((name) => readFile(`/proc/sys/${name}`, 'utf8')));

/** Drains one of two nodes for real: its pods run on the other one afterwards, and the undo makes it schedulable again. */
async function drainsANode(kubeconfig: string): Promise<void> {
  const stage = new Stage(kubeconfig);
  await stage.begin();
  await stage.startDeployment('web', 4);
  const nodesOf = async () => (await stage.podsOf('web')).map(({ spec }) => spec.nodeName);
  const target = await stage.aNode((await nodesOf())[0]);
  const other = target.name === 'node1' ? 'node2' : 'node1';
  await stage.annotate({ resource: NODES, name: target.name }, { 'breakwater.dev/enabled': 'true' });
  const { order, fault } = stage.prepared(target, { kind: 'node-drain' });
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
  expect(await fault.effect(order, never)).toMatchObject({ proven: true });
  expect((await stage.node(target.name))?.spec.unschedulable).toBe(true);
  await stage.until('all run on the other node', async () => (await stage.deployment('web'))?.status.readyReplicas === 4);
  await stage.until('none is left on the node', async () => (await nodesOf()).every((name) => name === other));
  expect(await fault.revert(order, never)).toMatchObject({ undone: true });
  expect((await stage.node(target.name))?.spec.unschedulable).toBe(false);
  expect(new Set(await nodesOf())).toEqual(new Set([other]));
}

describeWithCluster('bringing clusters up and down', () => {
  test('a second cluster, of two nodes, stands beside the first, is closed to other users, loses and regains a node, and is gone without a trace', async () => {
    const folder = join(await freshDir('second'), 'cluster');
    const before = await sysctls();
    await run(script('up.sh'), [folder], { env: { ...process.env, NODES: '2' }, timeout: 120_000 });
    const slot = await slotOf(folder);
    try {
      const { stdout } = await run(join(folder, 'bin/kubectl'), [`--kubeconfig=${folder}/kubeconfig`, 'get', 'nodes', '--output=name']);
      expect(stdout).toBe('node/node1\nnode/node2\n');
      expect((await run('find', [folder, '-maxdepth', '0', '-perm', '/077'])).stdout).toBe('');
      expect((await traces(folder, slot)).length).toBeGreaterThan(10);
      await drainsANode(join(folder, 'kubeconfig'));
    } finally {
      await down(folder);
    }
    expect(await traces(folder, slot)).toEqual([]);
    expect(await sysctls()).toEqual(before);
  }, 180_000);

  test.each(['making 1 node', 'starting the control plane', 'starting the nodes'])(
    'up.sh, killed -9 at "%s", leaves nothing that down.sh does not remove',
    async (moment) => {
      const folder = join(await freshDir('killed'), 'cluster');
      expect(await upKilledAt(folder, moment)).toBe(true);
      const slot = await slotOf(folder);
      await down(folder);
      expect(await traces(folder, slot)).toEqual([]);
      await down(folder); // again: nothing to do, and no error
    },
    120_000,
  );

  test('a folder that is no cluster of ours is left alone', async () => {
    const folder = await freshDir('other');
    await run('touch', [join(folder, 'precious')]);
    await expect(down(folder)).rejects.toThrow(/was not made by up\.sh/);
    await expect(run(script('up.sh'), [folder])).rejects.toThrow(/was not made by up\.sh/);
    expect(await readdir(folder)).toEqual(['precious']);
  });
});
