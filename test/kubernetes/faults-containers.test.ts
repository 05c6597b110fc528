import { containing } from '../adapters/process/harness/children.ts';
import { describeWithCluster, images } from '../support/cluster.ts';
import { never, Stage } from './harness/faults.ts';

/** A main process that looks after two others, and handles SIGTERM. */
const FAMILY = ['sh', '-c', 'trap "exit 3" TERM; sleep 1111 & while :; do sleep 2222 & wait $!; done'];
/** A main process that handles nothing. */
const DEAF = ['sleep', '10000'];
const sleeper = (argument: string) => ({ process: { argv: ['sleep', argument] } });

describeWithCluster('processes of containers of a real cluster', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = new Stage();
    await stage.begin();
  });
  afterAll(() => stage.end());

  test('a child is killed, proven by a second look, and not killed twice; its replacement lives', async () => {
    const target = await stage.startPod('child', { command: FAMILY });
    const { order, fault } = stage.prepared(target, { kind: 'container-process-kill', ...sleeper('2222') });
    const pidOf = async () => (await stage.sh('child', 'pgrep -x -f "sleep 2222" | head -1')).trim();
    const before = await pidOf();
    const first = await fault.inject(order, never);
    expect(first).toEqual({ outcome: 'injected', atMs: expect.any(Number) as number });
    expect(await fault.effect(order, never)).toMatchObject({ proven: true });
    const replacement = await stage.until('the shell starts another', async () => {
      const pid = await pidOf();
      return pid !== '' && pid !== before && pid;
    });
    expect(await fault.inject(order, never)).toEqual(first);
    expect(await pidOf()).toBe(replacement);
    expect((await stage.pod('child'))?.status.containerStatuses[0]?.restartCount).toBe(0);
    expect(await fault.revert(order, never)).toMatchObject({ undone: true });
  });

  test('nobody, or more than one, fits: nothing is done', async () => {
    const target = await stage.startPod('many', { command: ['sh', '-c', 'sleep 5555 & sleep 5555 & wait'] });
    for (const [process, found] of [
      [{ argv: ['5555'] }, 'found 2'],
      [{ argv: ['sleep', { prefix: '66' }] }, 'found 0'],
      [{ argv: ["'; kill -9 -1; '"] }, 'found 0'],
      [{ argv: [{ prefix: 'breakwater' }] }, 'found 0'],
      [{ argv: ['sh', '-c', { prefix: 'n=$1' }] }, 'found 0'],
    ] as const) {
      const { order, fault } = stage.prepared(target, { kind: 'container-process-kill', process });
      expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped', reason: containing(found) });
    }
    const both = stage.prepared(target, { kind: 'container-process-kill', process: { argv: ['5555'] }, count: 2 });
    expect(await both.fault.inject(both.order, never)).toMatchObject({ outcome: 'injected' });
    expect(await both.fault.effect(both.order, never)).toMatchObject({ proven: true });
  });

  test('the end of the main process is read from the cluster: another restart count', async () => {
    const target = await stage.startPod('main', { command: FAMILY });
    const { order, fault } = stage.prepared(target, { kind: 'container-kill' });
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
    expect(await fault.effect(order, never)).toMatchObject({ proven: true, evidence: containing('container main') });
    const now = await stage.until('the kubelet restarts it', async () => {
      const status = (await stage.pod('main'))?.status.containerStatuses[0];
      return status?.restartCount === 1 && status.state.running && status;
    });
    expect(now.containerID).not.toBe(target.identity['containerId']);
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
    // the same order's victim is no more: another order for it leaves the new container alone
    const late = stage.prepared(target, { kind: 'container-kill' });
    expect(await late.fault.inject(late.order, never)).toMatchObject({ outcome: 'skipped', reason: containing('was restarted') });
  });

  test('a signal that process 1 does not handle has no effect, SIGKILL from inside neither, and that is seen', async () => {
    const target = await stage.startPod('deaf', { command: DEAF });
    const { order, fault } = stage.prepared(target, { kind: 'container-kill', effectWithin: '1500ms' });
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
    expect(await fault.effect(order, never)).toMatchObject({ proven: false, evidence: containing('not seen to have ended') });
    await stage.sh('deaf', 'kill -KILL 1');
    const [status] = (await stage.pod('deaf'))?.status.containerStatuses ?? [];
    expect([status?.restartCount, status?.state.running !== undefined, (await stage.sh('deaf', 'echo alive')).trim()]).toEqual([
      0,
      true,
      'alive',
    ]);
    const kill = stage.prepared(target, { kind: 'container-process-kill', process: { argv: DEAF } });
    expect(await kill.fault.inject(kill.order, never)).toMatchObject({ outcome: 'skipped', reason: containing('the kernel drops it') });
  });

  test('an image without a shell is refused with what to write, and reached by a debug container', async () => {
    const target = await stage.startPod('bare', { image: images.bare });
    const plain = stage.prepared(target, { kind: 'container-kill' });
    expect(await plain.fault.inject(plain.order, never)).toMatchObject({ outcome: 'skipped', reason: containing('write debugImage') });
    const { order, fault } = stage.prepared(target, { kind: 'container-kill', debugImage: images.shell });
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
    expect(await fault.effect(order, never)).toMatchObject({ proven: true });
  });

  test('who has not opted in, or is in a protected namespace, is left alone', async () => {
    const target = await stage.startPod('mine', { command: FAMILY });
    await stage.annotate(
      { resource: { group: '', version: 'v1', plural: 'pods' }, namespace: stage.namespace, name: 'mine' },
      { 'breakwater.dev/enabled': 'false' },
    );
    const out = stage.prepared(target, { kind: 'container-kill' });
    expect(await out.fault.inject(out.order, never)).toMatchObject({ outcome: 'skipped', reason: containing('has not opted in') });
    const kubernetes = { ...stage.kubernetes, protectedNamespaces: () => Promise.resolve([stage.namespace]) };
    const shielded = stage.prepared(target, { kind: 'pod-delete' }, {}, { ...stage.ports, kubernetes });
    expect(await shielded.fault.inject(shielded.order, never)).toMatchObject({
      outcome: 'skipped',
      reason: containing("this site's settings protect"),
    });
  });
});
