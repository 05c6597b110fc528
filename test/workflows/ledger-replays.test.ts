import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import fc from 'fast-check';
import { ledgerId } from '../../src/domain/ledger/names.ts';
import type { LedgerState, Reply } from '../../src/domain/ledger/state.ts';
import { replayProblems } from '../support/replays.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { onStage, openTheatre, type Stage, type Theatre } from './harness/stage.ts';

const runIdOf = (holder: string): string => `00000000-0000-4000-8000-${Buffer.from(holder).toString('hex').padStart(12, '0')}`;
const COOL_DOWN_MS = 2_000;
const claim = (holder: string, coolDownMs = COOL_DOWN_MS) => ({
  holder,
  runId: runIdOf(holder),
  claimId: holder,
  wave: 'single',
  scopes: ['service:payments'],
  victims: 1,
  coolDownMs,
});

const HOLDERS = ['a', 'b', 'c'];
const told = fc.oneof(
  fc.record({
    is: fc.constantFrom('acquire' as const, 'acquire-later' as const, 'leave' as const, 'release' as const),
    by: fc.constantFrom(...HOLDERS),
  }),
  fc.record({ is: fc.constantFrom('sweep' as const, 'halt' as const, 'halt-later' as const, 'lift' as const), by: fc.constant('ann') }),
);
const talk = fc.array(fc.record({ message: told, pauseMs: fc.constantFrom(0, 0, 20, 150) }), { minLength: 25, maxLength: 25 });

/** Sends a message as a run or a person does. An update is answered, or this throws. */
async function say(ledger: WorkflowHandle, { is, by }: { is: string; by: string }): Promise<void> {
  const place = { holder: by, runId: runIdOf(by), wave: 'single', hit: true };
  const halt = { by, reason: 'a test', atMs: Date.now(), source: 'person' };
  if (is === 'acquire') await ledger.executeUpdate('acquire', { args: [claim(by, 200)] });
  else if (is === 'acquire-later') await ledger.signal('acquire', claim(by, 200));
  else if (is === 'leave' || is === 'release') await ledger.signal(is, place);
  else if (is === 'halt-later') await ledger.signal('halt', halt);
  else await ledger.executeUpdate(is, { args: [halt] });
}

/** The same. A ledger that stands still is told from a busy machine: its workflow task is then tried for the third time or more. */
async function answered(ledger: WorkflowHandle, message: { is: string; by: string }): Promise<void> {
  let isOver = false;
  const standsStill = async (): Promise<void> => {
    while (!isOver) {
      await delay(1_000);
      const attempt = isOver ? 0 : ((await ledger.describe()).raw.pendingWorkflowTask?.attempt ?? 0);
      if (attempt > 2) throw new Error(`told ${JSON.stringify(message)}, its workflow task is at attempt ${attempt}: it stands still`);
    }
  };
  const watched = standsStill();
  watched.catch(() => undefined);
  await Promise.race([say(ledger, message).finally(() => (isOver = true)), watched]);
}

/**
 * A workflow task that leaves no command, followed by one for an update, looks to a replay like one task that took long: it handles the signal
 * of the first at the time of the second. Here it is then a second later, and a cool-down that was over is not.
 */
describeWithTemporal('a ledger can be replayed', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  const startLedger = ({ client, taskQueue }: Stage): Promise<WorkflowHandle> =>
    client.temporal.workflow.start('ledger', { taskQueue, workflowId: ledgerId('staging', taskQueue), args: [{ environment: 'staging' }] });
  const acquire = (ledger: WorkflowHandle, holder: string): Promise<Reply> =>
    ledger.executeUpdate<Reply, [unknown]>('acquire', { args: [claim(holder)] });
  const isFree = async (ledger: WorkflowHandle): Promise<boolean> => (await ledger.query<LedgerState>('state')).holds.length === 0;

  test('that was told of a release by signal and then asked by update, each by a worker that was just started', () =>
    onStage(
      theatre,
      async (stage) => {
        const ledger = await startLedger(stage);
        expect(await acquire(ledger, 'first')).toMatchObject({ kind: 'granted' });
        await ledger.signal('release', { holder: 'first', runId: runIdOf('first'), hit: true });
        while (!(await isFree(ledger))) await delay(20);
        await delay(COOL_DOWN_MS / 2);
        await ledger.executeUpdate('sweep');
        await delay(COOL_DOWN_MS / 2 + 300);
        expect(await acquire(ledger, 'second')).toMatchObject({ kind: 'granted' });
        expect(await replayProblems(stage.client.temporal, theatre.workflowBundle, [ledger.workflowId])).toEqual([]);
      },
      { isForgetful: true },
    ));

  test(
    'whatever it hears, and whenever: each word by a worker that was just started',
    () =>
      fc.assert(
        fc.asyncProperty(talk, (words) =>
          onStage(
            theatre,
            async (stage) => {
              const ledger = await startLedger(stage);
              for (const { message, pauseMs } of words) {
                await answered(ledger, message);
                await delay(pauseMs);
              }
              await ledger.executeUpdate('sweep');
              expect(await replayProblems(stage.client.temporal, theatre.workflowBundle, [ledger.workflowId])).toEqual([]);
            },
            { isForgetful: true },
          ),
        ),
        { numRuns: 4, seed: 11, endOnFailure: true },
      ),
    240_000,
  );
});
