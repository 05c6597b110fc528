import { chmod } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres } from '../../src/sandbox/servers/postgres.ts';
import { describeWithTemporal, freshDir } from '../support/servers.ts';
import { violations } from './harness/invariants.ts';
import { journalled, ordered, until, victimStopped } from './harness/moments.ts';
import { killServer, OwnTemporal } from './harness/own-temporal.ts';
import { onStage, type Stage } from './harness/stage.ts';

const OUTAGE_MS = 1_500;
const holdLonger = { document: () => ({ timing: { baseline: '400ms', hold: '4s', recoverWithin: '10s', stableFor: '400ms' } }) };

describeWithTemporal('Temporal is killed -9 and started again on the same file', () => {
  const moments: [string, (stage: Stage) => Promise<void>][] = [
    ['in the middle of the hold', victimStopped(500)],
    ['when the undo begins', ordered('revertFault')],
    ['when the undo was done and not yet answered', journalled('reversal.json')],
  ];

  test.each(moments)(
    '%s',
    async (name, moment) => {
      const temporal = await OwnTemporal.start();
      try {
        await onStage(`temporal ${name}`, { ...holdLonger, temporal }, async (stage) => {
          await stage.startWorker();
          await stage.startRun();
          await moment(stage);
          const killedMs = Date.now();
          await temporal.kill();
          await sleep(OUTAGE_MS);
          await temporal.revive();
          const upMs = Date.now();
          await until('everybody runs again', () => stage.victims.stopped().length === 0);
          process.stderr.write(
            `Temporal killed ${name}: up after ${upMs - killedMs} ms, everybody runs after ${Date.now() - killedMs} ms\n`,
          );
          const result = await stage.verdict(60_000);
          process.stderr.write(`  ${result.verdict} (${result.rule})\n`);
          expect(await violations(stage, result)).toEqual([]);
        });
      } finally {
        await temporal.stop();
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
        expect(await violations(stage, result)).toEqual([]);
        expect(result).toMatchObject({ verdict: 'passed', recordsIncomplete: false });
        expect(await stage.hasClosedRecords()).toBe(true);
        expect(await stage.hasRecorded('judged', 'one')).toBe(true);
      });
    } finally {
      await server.stop();
    }
  }, 150_000);
});
