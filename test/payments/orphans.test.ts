import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findPayments } from '../../src/sandbox/payments/system.ts';
import { stopPayments } from '../../src/sandbox/payments/stop.ts';
import { PaymentsState } from '../../src/sandbox/payments/state.ts';
import { databaseUrl, describeWithDatabase, freshDir } from '../support/servers.ts';
import { living, startSubject, until, type Subject } from './system-under-test.ts';

const run = promisify(execFile);

describeWithDatabase('a detached payments system', () => {
  let system: Subject;
  beforeAll(async () => {
    system = await startSubject({ workers: 3, ratePerSecond: 10, detached: true });
  });
  afterAll(() => system?.stop());

  const ctl = (...args: string[]) =>
    run(process.execPath, [join(system.programDir, 'supervisorctl.js'), '--url', system.supervisorUrl, ...args]).then(
      ({ stdout }) => ({ code: 0, text: stdout }),
      (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, text: error.stdout + error.stderr }),
    );

  test('is steered by supervisorctl, whose exit codes tell', async () => {
    expect((await ctl('status', 'payment-worker-1')).text).toMatch(/^payment-worker-1 running \(pid \d+\)/);
    expect(await ctl('stop', 'payment-worker-1')).toEqual({ code: 0, text: 'payment-worker-1 stopped\n' });
    expect((await ctl('stop', 'payment-worker-1')).code).toBe(0);
    expect(await ctl('status', 'payment-worker-1')).toEqual({ code: 3, text: 'payment-worker-1 stopped\n' });
    expect((await ctl('start', 'payment-worker-1')).code).toBe(0);
    expect((await ctl('start', 'payment-worker-1')).code).toBe(0);
    expect((await ctl('status', 'payment-worker-1')).code).toBe(0);
    expect(await ctl('scale', '2')).toEqual({ code: 0, text: '2 workers\n' });
    const unknown = await ctl('status', 'payment-worker-2');
    expect(unknown.code).toBe(1);
    expect(unknown.text).toContain("no worker 'payment-worker-2'");
    const wrong = await ctl('explode', 'payment-worker-0');
    expect(wrong.code).toBe(1);
    expect(wrong.text).toContain('usage:');
  });

  test('is found again by its folder', async () => {
    const found = await findPayments(system.dataDir);
    expect(found?.gatewayUrl).toBe(system.gatewayUrl);
    expect(await found?.pids()).toEqual(await system.pids());
    expect(await findPayments(await freshDir('nothing'))).toBeUndefined();
  });

  test('ends by its written state though the supervisor was killed -9 and a worker is stopped; the state holds no secret', async () => {
    const text = await readFile(join(system.dataDir, 'payments.json'), 'utf8');
    expect(text).not.toContain(new URL(databaseUrl()).password || databaseUrl());
    const pids = await system.pids();
    const [asleep, awake] = (await system.workers()).map(({ pid }) => pid!);
    process.kill(asleep!, 'SIGSTOP');
    process.kill(system.state.processes.find(({ name }) => name === 'supervisor')!.pid, 'SIGKILL');
    await until(
      'the other worker ends by itself',
      () => living([awake!]),
      (left) => left.length === 0,
    );
    expect(await living([asleep!])).toEqual([asleep]);
    await stopPayments(PaymentsState.parse(JSON.parse(text)));
    expect(await living(pids)).toEqual([]);
    expect(await findPayments(system.dataDir)).toBeUndefined();
  });
});

describeWithDatabase('a payments system whose starter is killed -9', () => {
  test('ends by itself', async () => {
    const subject = await startSubject({ workers: 1, ratePerSecond: 0, detached: true });
    await subject.stop(); // compiles; the folder is used by the starter below
    const starter = execFile(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { startProgram } from ${JSON.stringify(join(subject.programDir, 'programs.js'))};
       const program = await startProgram({ name: 'gateway', detached: false, programDir: ${JSON.stringify(subject.programDir)}, logFile: ${JSON.stringify(join(subject.dataDir, 'own.log'))},
         env: { PAYMENTS_DATABASE_URL: process.env.URL_OF_TEST, PAYMENTS_SCHEMA: ${JSON.stringify(subject.schema)}, PAYMENTS_PORT: ${JSON.stringify(new URL(subject.gatewayUrl).port)} } });
       console.log(program.pid);
       setInterval(() => {}, 1000);`,
      ],
      { env: { PATH: process.env['PATH'], URL_OF_TEST: databaseUrl() } },
    );
    const [line] = (await once(starter.stdout!, 'data')) as [string];
    const pid = Number(line);
    try {
      await until(
        'the gateway answers',
        () =>
          fetch(`${subject.gatewayUrl}/health`).then(
            ({ ok }) => ok,
            () => false,
          ),
        Boolean,
      );
      starter.kill('SIGKILL');
      await until(
        'the gateway has ended',
        () => living([pid]),
        (left) => left.length === 0,
      );
    } finally {
      starter.kill('SIGKILL');
      if ((await living([pid])).length > 0) process.kill(pid, 'SIGKILL');
    }
  });
});
