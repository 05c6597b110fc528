import { once } from 'node:events';
import { descend } from '../../../src/adapters/process/descend.ts';
import { ancestorsOf, withDescendants } from '../../../src/adapters/process/family.ts';
import { endAll, start } from './harness/children.ts';

afterEach(endAll);

test('whoever is below is found in any depth, and nobody twice', () => {
  const children = new Map([
    [10, [11, 12]],
    [12, [13]],
    [13, [14]],
    [20, [21]],
  ]);
  expect(descend([10], children).sort()).toEqual([10, 11, 12, 13, 14]);
  expect(descend([20, 13, 12], children).sort()).toEqual([12, 13, 14, 20, 21]);
  expect(descend([99], children)).toEqual([99]);
});

test('children of the main thread and of another one, and grandchildren, are below a real process; its parents above', async () => {
  const program = `const { spawn } = require('child_process'); const { Worker } = require('worker_threads');
    const a = spawn('sh', ['-c', 'sleep 1000 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
    a.stdout.once('data', (text) => {
      const w = new Worker("const c = require('child_process').spawn('sleep', ['1000']); require('worker_threads').parentPort.postMessage(c.pid)", { eval: true });
      w.once('message', (pid) => console.log([a.pid, Number(String(text)), pid].join()));
    });
    setInterval(() => {}, 1000);`;
  const parent = await start([process.execPath, '-e', program]);
  const below = String(((await once(parent.stdout!, 'data')) as [Buffer])[0])
    .split(',')
    .map(Number);
  try {
    expect(below).toHaveLength(3);
    expect(withDescendants([parent.pid]).sort()).toEqual([parent.pid, ...below].sort());
    expect(ancestorsOf(below[1]!).slice(0, 3)).toEqual([below[0], parent.pid, process.pid]);
    expect(ancestorsOf(process.pid)[0]).toBe(process.ppid);
  } finally {
    for (const pid of below) process.kill(pid, 'SIGKILL');
  }
});

test('a pid that nobody has is below and above nothing', () => {
  expect(withDescendants([4_194_305])).toEqual([4_194_305]);
  expect(ancestorsOf(4_194_305)).toEqual([]);
});
