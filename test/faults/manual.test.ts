import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Order, Spec } from '../../src/domain/order.ts';
import type { Target } from '../../src/domain/target.ts';
import { faults } from '../../src/faults/index.ts';
import { manualUndo } from '../../src/language/manual.ts';
import { endAll, identityOf, orderFor, start, stateOf, targetOf } from '../adapters/process/harness/children.ts';

const isLinux = process.platform === 'linux';
/** What a person does: pastes the line into a shell. */
const paste = (line: string) => spawnSync('/bin/sh', ['-c', line], { encoding: 'utf8', timeout: 10_000 });

const specs: Record<keyof typeof faults, Spec> = {
  'no-op': { kind: 'no-op' },
  'process-kill': { kind: 'process-kill' },
  'process-pause': { kind: 'process-pause' },
  'service-stop': { kind: 'service-stop', stop: ['ctl', 'stop', '{name}'], start: ['ctl', 'start', '{name}'], status: ['ctl', 'status'] },
  'container-process-kill': { kind: 'container-process-kill', process: { executable: '/bin/worker' } },
  'container-process-pause': { kind: 'container-process-pause', process: { executable: '/bin/worker' } },
  'container-kill': { kind: 'container-kill' },
  'pod-delete': { kind: 'pod-delete' },
  'pod-evict': { kind: 'pod-evict' },
  'scale-down': { kind: 'scale-down', to: 0 },
  'node-cordon': { kind: 'node-cordon' },
  'node-drain': { kind: 'node-drain' },
  'traffic-share': {
    kind: 'traffic-share',
    route: { kind: 'http-route', namespace: 'shop', name: 'web', canary: 'web-canary' },
    share: '5%',
  },
};
const hostile = { uid: '"; reboot', namespace: '$(reboot)' };
const nobody: Target = { kind: 'process', id: 'x', site: 'here', name: 'x\n; rm -rf /tmp/none', labels: {}, identity: {} };

describe('the manual command of every fault', () => {
  test.each(Object.values(faults))('$kind has one line that a shell takes, whatever the target holds', ({ kind }) => {
    for (const target of [
      nobody,
      { ...nobody, labels: { name: 'payments' } },
      { ...nobody, identity: { pid: '1; reboot', bootId: '$(id)' } },
      { ...nobody, kind: 'pod', identity: { ...hostile, pod: 'p', container: '-c', containerId: 'x', restartCount: 0, node: 'n' } },
      { ...nobody, kind: 'workload', identity: { ...hostile, workload: 'Deployment', name: "it's" } },
      { ...nobody, kind: 'node', identity: { uid: '$(reboot)', name: '`reboot`', bootId: 'b' } },
      { ...nobody, kind: 'route', identity: { ...hostile, route: 'http-route', name: "it's" } },
    ]) {
      const line = manualUndo(orderFor(target, specs[kind]));
      expect(line).not.toMatch(/\n/);
      expect(spawnSync('/bin/sh', ['-n', '-c', line]).status).toBe(0);
    }
  });

  test('of a kind that this version does not know, or a broken order, is a remark', () => {
    expect(manualUndo(orderFor(nobody, { kind: 'toString' }))).toMatch(/^# look at .* knows no fault toString/);
    expect(manualUndo(orderFor(nobody, { kind: 'process-pause', junk: 1 }))).toMatch(/^# look at /);
    expect(paste(manualUndo(orderFor(nobody, { kind: 'a\ntouch /tmp/b' }))).status).toBe(0);
  });

  test('of service-stop runs the start command with every word as it is', () => {
    const dir = mkdtempSync(join(tmpdir(), 'breakwater-manual-'));
    const words = ["it's", '$(touch hit)', 'a b', '`id`', '*', '"', '{label:unit}'];
    const order: Order = orderFor(
      { ...nobody, labels: { unit: 'pay.service' } },
      {
        ...specs['service-stop'],
        start: [
          process.execPath,
          '-e',
          'require("fs").writeFileSync(process.argv[1], JSON.stringify(process.argv.slice(2)))',
          join(dir, 'out'),
          ...words,
        ],
      },
    );
    expect(paste(manualUndo(order))).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(readFileSync(join(dir, 'out'), 'utf8'))).toEqual([...words.slice(0, -1), 'pay.service']);
    rmSync(dir, { recursive: true });
  });
});

(isLinux ? describe : describe.skip)('the manual command of process-pause', () => {
  afterAll(endAll);

  test('wakes the victim, and nobody who merely has its pid', async () => {
    const child = await start(['/bin/sleep', '60']);
    child.kill('SIGSTOP');
    const identity = identityOf(child.pid);
    const settled = async (state: string): Promise<void> => {
      for (let i = 0; i < 200 && stateOf(child.pid) !== state; i++) await new Promise((done) => setTimeout(done, 10));
    };
    await settled('T');
    const lineOf = (changes: object) => manualUndo(orderFor(targetOf({ ...identity, ...changes }), { kind: 'process-pause' }));
    expect(paste(lineOf({ startTicks: identity.startTicks + 1 })).status).toBe(1);
    expect(paste(lineOf({ bootId: 'another-boot' })).status).toBe(1);
    expect(stateOf(child.pid)).toBe('T');
    expect(paste(lineOf({}))).toMatchObject({ status: 0, stderr: '' });
    await settled('S');
    expect(stateOf(child.pid)).toBe('S');
  });
});
