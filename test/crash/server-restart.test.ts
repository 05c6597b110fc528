import { chmod } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres } from '../../src/sandbox/servers/postgres.ts';
import { startTemporal, type TemporalServer } from '../../src/sandbox/servers/temporal.ts';
import { describeWithTemporal, freshDir } from '../support/servers.ts';
import { violations } from './harness/invariants.ts';
import { journalled, phase, until, victimStopped } from './harness/moments.ts';
import { onStage, type Stage } from './harness/stage.ts';

const OUTAGE_MS = 1_500;
const holdLonger = { document: () => ({ timing: { baseline: '400ms', hold: '4s', recoverWithin: '10s', stableFor: '400ms' } }) };

/** kill -9 of a server that we started, and nobody else. */
async function killServer({ pid }: { pid?: number }): Promise<void> {
  if (pid === undefined) throw new Error('this server is not ours');
  process.kill(pid, 'SIGKILL');
  await until('the death of the server', () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
}

/** The verdict of a run whose server goes away under whoever asks. */
async function verdictAfterOutage(stage: Stage, withinMs: number) {
  const untilMs = Date.now() + withinMs;
  for (;;) {
    try {
      return await stage.verdict(Math.max(1_000, untilMs - Date.now()));
    } catch (error) {
      if (Date.now() > untilMs) throw error;
      await sleep(200);
    }
  }
}

describeWithTemporal('Temporal is killed -9 and started again on the same file', () => {
  const moments: [string, (stage: Stage) => Promise<void>][] = [
    ['in the middle of the hold', victimStopped(500)],
    ['when the undo begins', phase('undoing', 'one')],
    ['when the undo was done and not yet answered', journalled('reversal.json')],
  ];

  test.each(moments)(
    '%s',
    async (name, moment) => {
      const dataDir = await freshDir('temporal');
      const options = { dataDir, settings: undefined, log: () => undefined };
      let server: TemporalServer = await startTemporal(options);
      const { port } = server;
      const uiPort = Number(new URL(server.uiUrl ?? '').port);
      try {
        await onStage(`temporal ${name}`, { ...holdLonger, servers: { temporalAddress: server.address } }, async (stage) => {
          await stage.startWorker();
          await stage.startRun();
          await moment(stage);
          const killedMs = Date.now();
          await killServer(server);
          await sleep(OUTAGE_MS);
          server = await startTemporal({ ...options, port, uiPort });
          const upMs = Date.now();
          await until('everybody runs again', () => stage.victims.stopped().length === 0);
          process.stderr.write(
            `Temporal killed ${name}: up after ${upMs - killedMs} ms, everybody runs after ${Date.now() - killedMs} ms\n`,
          );
          const result = await verdictAfterOutage(stage, 60_000);
          process.stderr.write(`  ${result.verdict} (${result.rule})\n`);
          expect(violations(stage, result)).toEqual([]);
        });
      } finally {
        await server.stop();
      }
    },
    150_000,
  );
});

describeWithTemporal('PostgreSQL, which holds the records, is killed -9 in the middle of the hold', () => {
  test('the undo does not wait for it, and the run ends with complete records once it is back', async () => {
    const dataDir = await freshDir('records');
    await chmod(dataDir, 0o755);
    const options = { dataDir, databases: ['breakwater'], log: () => undefined };
    let server = await startPostgres(options);
    const { port } = server;
    try {
      await onStage('postgres', { servers: { databaseUrl: server.url('breakwater') } }, async (stage) => {
        await stage.startWorker();
        await stage.startRun();
        await victimStopped(200)(stage);
        const killedMs = Date.now();
        await killServer(server);
        await until('everybody runs again', () => stage.victims.stopped().length === 0, 5_000);
        process.stderr.write(`PostgreSQL killed in mid-hold: everybody runs after ${Date.now() - killedMs} ms, still without a database\n`);
        await sleep(OUTAGE_MS);
        server = await startPostgres({ ...options, port });
        const result = await stage.verdict(90_000);
        process.stderr.write(`  ${result.verdict} (${result.rule})\n`);
        expect(violations(stage, result)).toEqual([]);
        expect(result).toMatchObject({ verdict: 'passed', recordsIncomplete: false });
        expect(await stage.hasClosedRecords()).toBe(true);
        expect(await stage.hasRecorded('judged', 'one')).toBe(true);
      });
    } finally {
      await server.stop();
    }
  }, 150_000);
});
