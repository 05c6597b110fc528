import { once } from 'node:events';
import { createProcesses } from '../../../src/adapters/process/processes.ts';
import { linuxSource } from '../../../src/adapters/process/linux.ts';
import { sendSignal } from '../../../src/adapters/process/signal.ts';
import { COUNTS_USR1, endAll, identityOf, never, start, startNode, stateOf, containing } from './harness/children.ts';

afterEach(endAll);

const processes = createProcesses();
const soon = () => Date.now() + 5_000;

const refusal = () => Promise.resolve(undefined);

test('a signal reaches the pinned process, through a pidfd', async () => {
  const child = await start(['sleep', '1000']);
  const exited = once(child, 'exit');
  expect(await processes.signal(identityOf(child.pid), 'SIGKILL', soon(), never)).toMatchObject({ kind: 'delivered', via: 'pidfd' });
  expect(await exited).toEqual([null, 'SIGKILL']);
});

test('another start time under the same pid is a replacement: it is reported and lives on', async () => {
  const child = await start(['sleep', '1000']);
  const found = identityOf(child.pid);
  const victim = { ...found, startTicks: found.startTicks - 1 };
  const outcome = await processes.signal(victim, 'SIGKILL', soon(), never);
  expect(outcome).toMatchObject({ kind: 'replaced', found });
  expect(await processes.inspect(victim)).toMatchObject({ kind: 'replaced' });
  expect(stateOf(child.pid)).toMatch(/[RS]/);
});

test('an order of another boot is refused, and says nothing about the process', async () => {
  const child = await start(['sleep', '1000']);
  const victim = { ...identityOf(child.pid), bootId: 'another' };
  expect(await processes.signal(victim, 'SIGKILL', soon(), never)).toMatchObject({
    kind: 'refused',
    why: containing('another machine'),
  });
  expect(await processes.inspect(victim)).toMatchObject({ kind: 'elsewhere' });
  expect(stateOf(child.pid)).toMatch(/[RS]/);
});

test('a process that has ended is gone, also as a zombie', async () => {
  const parent = await startNode(`const {spawn}=require('child_process');`);
  const identity = identityOf(parent.pid);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  expect(await processes.signal(identity, 'SIGKILL', soon(), never)).toMatchObject({ kind: 'gone' });

  const careless = await start(['perl', '-e', '$| = 1; my $p = fork; if (!$p) { exit 0 } print "$p\\n"; sleep 1000']);
  const [line] = (await once(careless.stdout!, 'data')) as [Buffer];
  const zombie = Number(line.toString());
  while (stateOf(zombie) !== 'Z') await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await processes.inspect(identityOf(zombie))).toMatchObject({ kind: 'ended' });
  expect(await processes.signal(identityOf(zombie), 'SIGKILL', soon(), never)).toMatchObject({ kind: 'gone' });
});

test('an expired order and an aborted one send nothing', async () => {
  const child = await startNode(COUNTS_USR1);
  const hits: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => hits.push(chunk.toString()));
  expect(await processes.signal(identityOf(child.pid), 'SIGUSR1', Date.now() - 1, never)).toMatchObject({ kind: 'expired' });
  await expect(processes.signal(identityOf(child.pid), 'SIGUSR1', soon(), AbortSignal.abort(new Error('cancelled')))).rejects.toThrow(
    'cancelled',
  );
  expect(await processes.signal(identityOf(child.pid), 'SIGUSR1', soon(), never)).toMatchObject({ kind: 'delivered' });
  while (hits.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(hits.join('')).toBe('hit\n');
});

test('the order expires while protection is asked: nothing is sent', async () => {
  const child = await start(['sleep', '1000']);
  const notAfterMs = Date.now() + 50;
  const protectedWhy = () => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 150));
  const outcome = await sendSignal(linuxSource, {
    victim: identityOf(child.pid),
    name: 'SIGKILL',
    notAfterMs,
    protectedWhy,
    refusal,
    signal: never,
  });
  expect(outcome).toMatchObject({ kind: 'expired' });
  expect(stateOf(child.pid)).toMatch(/[RS]/);
});

test('the process ends and its pid is seen with another start time while protection is asked: nothing is sent', async () => {
  const child = await start(['sleep', '1000']);
  const victim = identityOf(child.pid);
  let asked = false;
  const reused = {
    ...linuxSource,
    vitals: (pid: number) => {
      const now = linuxSource.vitals(pid);
      return asked && now ? { ...now, identity: { ...now.identity, startTicks: now.identity.startTicks + 5 } } : now;
    },
  };
  const protectedWhy = () => {
    asked = true;
    return Promise.resolve(undefined);
  };
  expect(await sendSignal(reused, { victim, name: 'SIGKILL', notAfterMs: soon(), protectedWhy, refusal, signal: never })).toMatchObject({
    kind: 'replaced',
  });
  expect(stateOf(child.pid)).toMatch(/[RS]/);
});
