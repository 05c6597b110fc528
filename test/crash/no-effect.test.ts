import { describeWithTemporal } from '../support/servers.ts';
import { armingSlowly } from './harness/moments.ts';
import { onStage, type Stage } from './harness/stage.ts';

const short = { waves: [{ name: 'dry', dryRun: true }, { name: 'one' }], selection: { count: 1 } };

async function play(stage: Stage, whileArming: () => void = () => undefined) {
  await stage.startWorker();
  await stage.startRun();
  await armingSlowly(stage);
  whileArming();
  return stage.verdict(30_000);
}

describeWithTemporal('a kill without effect is invalid, never passed', () => {
  const gentle = { fault: { kind: 'process-kill', signal: 'SIGTERM', effectWithin: '300ms' }, document: () => short };

  test.concurrent(
    'the victim ignores the signal',
    () =>
      onStage('ignores sigterm', { ...gentle, victims: { ignoreSigterm: true } }, async (stage) => {
        const result = await play(stage);
        expect(result).toMatchObject({ verdict: 'invalid', rule: 'no-effect', leftovers: [] });
        expect(result.reason).toMatch(/300 ms after SIGTERM the victim is not seen to have ended/);
        expect(stage.victims.dead()).toEqual([]);
      }),
    60_000,
  );

  test.concurrent(
    'the victims became protected after they were chosen',
    () =>
      onStage('protected', { fault: { kind: 'process-kill' }, document: () => short }, async (stage) => {
        const result = await play(stage, () => {
          for (const pid of stage.victims.living()) process.kill(pid, 'SIGUSR2'); // now they call themselves sshd
        });
        expect(result).toMatchObject({ verdict: 'invalid', rule: 'no-effect', leftovers: [] });
        expect(result.reason).toMatch(/protected: it 'sshd' keeps the machine running or reachable/);
        expect(stage.victims.dead()).toEqual([]);
      }),
    60_000,
  );

  test.concurrent(
    'the victims were replaced after they were chosen: their replacements live on',
    () =>
      onStage('gone', { fault: { kind: 'process-kill' }, document: () => short }, async (stage) => {
        const result = await play(stage, () => {
          for (const pid of stage.victims.living()) process.kill(pid, 'SIGINT');
        });
        expect(result).toMatchObject({ verdict: 'invalid', rule: 'no-effect', leftovers: [] });
        expect(result.reason).toMatch(/gone before it was hit|replaced/);
        expect(stage.victims.dead().map(({ end }) => end)).toEqual(['SIGINT', 'SIGINT', 'SIGINT']);
        expect(stage.victims.living()).toHaveLength(3);
      }),
    60_000,
  );
});
