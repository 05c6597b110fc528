import type { Phase } from '../../src/domain/run.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { armingSlowly, phase, then, until, victimStopped } from './harness/moments.ts';
import { onStage, type Stage } from './harness/stage.ts';

const APPROVED = { approvals: { required: 1, within: '60s' } };

/** Asks for a pause while the dry run is prepared, and waits until the run rests. */
const rest = async (stage: Stage): Promise<void> => {
  await phase('preparing', 'dry')(stage);
  await stage.client.pause(stage.workflowId, { by: 'somebody' });
  await phase('paused')(stage);
};

const timing = (longer: Record<string, string>) => ({
  timing: { baseline: '400ms', hold: '1500ms', recoverWithin: '10s', stableFor: '400ms', ...longer },
});
const restLonger = { blastRadius: { maxVictims: 2, maxConcurrent: 2, coolDown: '20s' } };

/** Where a person aborts, how many victims have been hit by then at most, and what makes the phase long enough to be hit on a busy machine. */
const moments: [name: Phase, moment: (stage: Stage) => Promise<void>, mostHits: number, document?: Record<string, unknown>][] = [
  ['awaiting-approval', phase('awaiting-approval'), 0, APPROVED],
  ['paused', rest, 0, timing({ baseline: '2s' })],
  ['preparing', phase('preparing', 'one'), 0, timing({ baseline: '2s' })],
  ['arming', armingSlowly, 0, timing({ baseline: '1500ms' })],
  ['holding', then(phase('holding', 'one'), victimStopped(200)), 1, timing({ hold: '30s' })],
  ['recovering', phase('recovering', 'one'), 1, timing({ stableFor: '2s' })],
  ['cooling-down', phase('cooling-down'), 1, restLonger],
];

describeWithTemporal('an abort, with a real worker and real victims', () => {
  test.concurrent.each(moments)(
    'while %s: ends as aborted, nobody stays stopped',
    (name, moment, mostHits, document = {}) =>
      onStage(`abort ${name}`, { document: () => document }, async (stage) => {
        await stage.startWorker();
        await stage.startRun();
        await moment(stage);
        const askedMs = Date.now();
        await stage.client.abort(stage.workflowId, { by: 'a person', reason: 'enough' });
        await until('everybody runs again', () => stage.victims.stopped().length === 0, 5_000, 5);
        const undoneMs = Date.now() - askedMs;
        const result = await stage.verdict(20_000);
        expect(result).toMatchObject({ verdict: 'aborted', rule: 'aborted-by-person', reason: 'a person aborted: enough', leftovers: [] });
        const hits = [...stage.victims.stops.values()].reduce((sum, times) => sum + times, 0);
        expect(hits).toBeLessThanOrEqual(mostHits);
        expect(stage.victims.stopped()).toEqual([]);
        process.stderr.write(`abort while ${name}: asked to everybody runs ${undoneMs} ms\n`);
        expect(undoneMs).toBeLessThan(1_500);
      }),
    60_000,
  );
});
