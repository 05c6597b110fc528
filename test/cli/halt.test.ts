import { describeWithTemporal, temporalAddress } from '../support/servers.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { holdsLive, reach } from '../workflows/harness/expectations.ts';
import { endlessGuard } from '../workflows/harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type Theatre } from '../workflows/harness/stage.ts';
import { buildWhenStale, call, start, type Ended } from './command.ts';

const envOf = ({ taskQueue }: Stage) => ({ TEMPORAL_ADDRESS: temporalAddress(), BREAKWATER_TASK_QUEUE: taskQueue });
const json = ({ stdout }: Ended): unknown => JSON.parse(stdout);

describeWithTemporal('halt, incident and ledger on the command line', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    buildWhenStale();
    theatre = await openTheatre();
  }, 240_000);
  afterAll(() => theatre.close());

  test(
    'a halt stops what is live, is told by `status`, and lifted',
    () =>
      onStage(theatre, async (stage) => {
        const cli = (...args: string[]) => call(args, { env: envOf(stage) });
        stage.site.on('guardWave', endlessGuard);
        const first = await stage.start();
        await reach(stage, first, holdsLive);
        const second = await stage.start();
        await reach(stage, second, 'queued');

        const shown = await cli('ledger', '--environment', 'staging');
        expect(shown.stdout).toMatch(/staging: 1 run per service, group and dependency, 10 victims at once/);
        expect(shown.stdout).toMatch(new RegExp(`HOLDS[^]*${first}[^]*WAITS[^]*1 +${second}`));

        const watching = start(['watch', second], { env: envOf(stage) });
        await watching.says(`phase queued position 1 of 1, service:payments is held; behind ${first}`);

        expect(await cli('halt')).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason') as unknown });
        expect(await cli('halt', '--environment', 'Not One', '--reason', 'x')).toMatchObject({ code: 2 });
        const halted = await cli('halt', '--environment', 'staging', '--reason', 'customers call', '--by', 'ann', '-o', 'json');
        expect(halted).toMatchObject({ code: 0, stderr: expect.stringContaining('2 of 2 live runs have stopped') as unknown });
        expect(json(halted)).toMatchObject({
          environment: 'staging',
          halt: { kind: 'halt', by: 'ann', reason: 'customers call' },
          stopped: 2,
          left: [],
          verdicts: { aborted: 2 },
        });
        expect(await watching.ended).toMatchObject({ code: 4 });

        const status = await cli('halt', 'status', '--environment', 'staging');
        expect(status.stdout).toMatch(/staging +halt +2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d +ann +customers call/);
        expect(await stage.verdict(await stage.start())).toMatchObject({ verdict: 'denied' });
        expect(await cli('halt', 'lift', '--environment', 'staging', '--reason', 'it was DNS')).toMatchObject({
          code: 0,
          stdout: 'Lifted: staging.\n',
        });
        expect((await cli('halt', 'status', '--environment', 'staging')).stdout).toBe('No halt stands.\n');
      }),
    120_000,
  );

  test(
    'an incident, a halt of everything, limits and a released place',
    () =>
      onStage(theatre, async (stage) => {
        const cli = (...args: string[]) => call(args, { env: envOf(stage) });
        expect(await cli('incident', '--reason', 'x')).toMatchObject({
          code: 2,
          stderr: expect.stringContaining('Which environment?') as unknown,
        });
        const limits = await cli(
          'ledger',
          'limits',
          '--environment',
          'staging',
          '--per-scope',
          '2',
          '--max-concurrent-victims',
          '20',
          '-o',
          'json',
        );
        expect(json(limits)).toMatchObject({ limits: { perScope: 2, maxConcurrentVictims: 20 } });
        expect(
          await cli('ledger', 'limits', '--environment', 'staging', '--per-scope', '0', '--max-concurrent-victims', '20'),
        ).toMatchObject({ code: 2 });
        const nobody = await cli('ledger', 'release', 'nobody', '--environment', 'staging', '--reason', 'gone');
        expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('that has a place in this ledger') as unknown });

        stage.site.on('guardWave', endlessGuard);
        const id = await stage.start(experimentDocument());
        await reach(stage, id, holdsLive);
        const incident = await cli('incident', '--environment', 'staging', '--reason', 'a region is down');
        expect(incident).toMatchObject({
          code: 0,
          stdout: expect.stringMatching(/Incident +staging[^]*Stopped +1 live runs \(1 void\)[^]*Last undo/) as unknown,
        });
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'void' });

        expect(await cli('halt', '--reason', 'everything')).toMatchObject({
          code: 0,
          stdout: expect.stringMatching(/Halted +every environment/) as unknown,
        });
        const still = await cli('halt', 'lift', '--environment', 'staging', '--reason', 'over');
        expect(still.stdout).toBe('Lifted: staging.\nStill halted: every environment\n');
        expect(await cli('halt', 'lift', '--reason', 'over')).toMatchObject({ code: 0 });
      }),
    120_000,
  );
});
