import { setTimeout as delay } from 'node:timers/promises';
import { temporal } from '@temporalio/proto';
import type { RunResult } from '../../src/client.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { countEvents, expectNothingLeft } from '../workflows/harness/expectations.ts';
import { FakeSite, linger } from '../workflows/harness/fake-site.ts';
import { onStage, type Stage } from '../workflows/harness/stage.ts';
import { bundled, describeWithTimeSkipping, openTimeMachine, type TimeMachine } from './environment.ts';
import { heartbeatsOf, holdingGuard } from './holding-guard.ts';

const [IDLE_WITHIN_MS, ENDS_WITHIN_MS] = [30_000, 60_000]; // of a busy machine
const [SECOND_MS, MINUTE_MS, HOUR_MS] = [1_000, 60_000, 3_600_000];
const {
  EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
  EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
  EVENT_TYPE_ACTIVITY_TASK_STARTED,
  EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
  EVENT_TYPE_TIMER_STARTED,
  EVENT_TYPE_TIMER_FIRED,
} = temporal.api.enums.v1.EventType;
type EventType = temporal.api.enums.v1.EventType;

async function eventsOf({ client }: Stage, workflowId: string): Promise<temporal.api.history.v1.IHistoryEvent[]> {
  return (await client.temporal.workflow.getHandle(workflowId).fetchHistory()).events ?? [];
}

const namesOf = (events: temporal.api.history.v1.IHistoryEvent[]): string =>
  events.map(({ eventType }) => temporal.api.enums.v1.EventType[eventType!].replace('EVENT_TYPE_', '')).join(' ');

/** The run's verdict. @throws Error with the run's events when it does not end */
async function verdictOf(stage: Stage, workflowId: string): Promise<RunResult> {
  const isLate = delay(ENDS_WITHIN_MS, undefined, { ref: false }).then(async () => {
    throw new Error(`no verdict within ${ENDS_WITHIN_MS} ms: ${namesOf(await eventsOf(stage, workflowId))}`);
  });
  return Promise.race([stage.verdict(workflowId), isLate]);
}

/** Its verdict is `passed`; if not, the failure says why. */
async function expectPassed(stage: Stage, workflowId: string): Promise<void> {
  const { verdict, reason } = await verdictOf(stage, workflowId);
  expect(`${verdict}: ${reason}`).toMatch(/^passed: /);
}

/** When the events of these types were, by the server's clock, epoch milliseconds. */
async function timesOf(stage: Stage, workflowId: string, ...types: EventType[]): Promise<number[]> {
  return (await eventsOf(stage, workflowId))
    .filter(({ eventType }) => types.includes(eventType!))
    .map(({ eventTime }) => Number(eventTime!.seconds) * 1_000 + eventTime!.nanos! / 1e6);
}

/** The longest time between an event of the types and the next one. */
async function longestGapMs(stage: Stage, workflowId: string, ...types: EventType[]): Promise<number> {
  const times = await timesOf(stage, workflowId, ...types);
  return Math.max(...times.slice(1).map((time, i) => time - times[i]!));
}

/**
 * Waits until an event of the type was and the run has done all that it could. Read from the history: a query that meets a workflow task
 * makes this server schedule another one.
 */
async function isIdleAfter(stage: Stage, workflowId: string, type: EventType): Promise<void> {
  const untilMs = Date.now() + IDLE_WITHIN_MS;
  for (;;) {
    const types = (await eventsOf(stage, workflowId)).map(({ eventType }) => eventType);
    const isAnswered = types.lastIndexOf(EVENT_TYPE_WORKFLOW_TASK_COMPLETED) > types.lastIndexOf(EVENT_TYPE_WORKFLOW_TASK_SCHEDULED);
    if (types.includes(type) && isAnswered) return;
    if (Date.now() > untilMs) throw new Error(`it is not idle: ${namesOf(await eventsOf(stage, workflowId))}`);
    await delay(20);
  }
}

describeWithTimeSkipping('hours and days', () => {
  let machine: TimeMachine;
  beforeAll(async () => {
    await bundled();
  }, 180_000);

  /** Plays on a server of its own: a workflow that is ended in the middle of a task leaves this server's clock locked for whoever comes next. */
  async function onOwnStage<T>(play: (stage: Stage) => Promise<T>): Promise<T> {
    machine = await openTimeMachine();
    const site = new FakeSite();
    site.on('guardWave', holdingGuard(machine.env, site).behaviour);
    try {
      return await onStage(machine.theatre, play, { site });
    } finally {
      await machine.env.teardown();
    }
  }

  async function holdFor(hold: string, holdMs: number): Promise<Record<string, number>> {
    return onOwnStage(async (stage) => {
      const { site } = stage;
      const guard = holdingGuard(machine.env, site);
      site.on('guardWave', guard.behaviour);
      const id = await stage.start(experimentDocument({ timing: { baseline: '100ms', hold, recoverWithin: '2s', stableFor: '100ms' } }));
      await expectPassed(stage, id);
      expect(guard.heartbeats()).toBe(heartbeatsOf(0) + heartbeatsOf(holdMs));
      expect(site.of('guardWave').map(({ attempt }) => attempt)).toEqual([1, 1]);
      const guardMs = await longestGapMs(stage, id, EVENT_TYPE_ACTIVITY_TASK_STARTED, EVENT_TYPE_ACTIVITY_TASK_COMPLETED);
      expect(guardMs).toBeGreaterThanOrEqual(holdMs);
      expect(guardMs).toBeLessThan(holdMs + MINUTE_MS);
      expectNothingLeft(site);
      return countEvents(stage, id);
    });
  }

  test('a hold of ten minutes costs the events of one of ten seconds', async () => {
    const short = await holdFor('10s', 10 * SECOND_MS);
    expect(await holdFor('10m', 10 * MINUTE_MS)).toEqual(short);
    expect(short).toMatchObject({ WORKFLOW_EXECUTION_SIGNALED: 2, ACTIVITY_TASK_COMPLETED: 7 });
    expect(short).not.toHaveProperty('TIMER_STARTED');
  }, 180_000);

  /** Lets time pass for a run that waits. @returns its events by type, before and after */
  async function waitOut(stage: Stage, workflowId: string, ms: number): Promise<Record<string, number>[]> {
    const before = await countEvents(stage, workflowId);
    const startedMs = await machine.env.currentTimeMs();
    await machine.env.sleep(ms);
    expect((await machine.env.currentTimeMs()) - startedMs).toBeGreaterThanOrEqual(ms);
    return [before, await countEvents(stage, workflowId)];
  }

  test('three days of waiting for an approval cost a timer and no event more', () =>
    onOwnStage(async (stage) => {
      const id = await stage.start(experimentDocument({ approvals: { required: 1, within: '7d' } }));
      await isIdleAfter(stage, id, EVENT_TYPE_TIMER_STARTED);
      const [before, after] = await waitOut(stage, id, 72 * HOUR_MS);
      expect(after).toEqual(before);
      const { phase, digest } = await stage.client.status(id);
      expect(phase).toBe('awaiting-approval');
      await stage.client.approve(id, { by: 'bob', digest: digest! });
      await expectPassed(stage, id);
      expect(await countEvents(stage, id)).toMatchObject({ TIMER_STARTED: 2, TIMER_CANCELED: 1 });
    }));

  test('an approval that nobody gives expires after its days', () =>
    onOwnStage(async (stage) => {
      const beganMs = await machine.env.currentTimeMs();
      const id = await stage.start(experimentDocument({ approvals: { required: 1, within: '3d' } }));
      expect(await verdictOf(stage, id)).toMatchObject({
        verdict: 'denied',
        reason: expect.stringContaining('not approved within 4320 min') as unknown,
      });
      expect((await machine.env.currentTimeMs()) - beganMs).toBeGreaterThanOrEqual(72 * HOUR_MS);
      expect(stage.site.of('prepareWave')).toEqual([]);
    }));

  test('a cool-down of five minutes is slept between the waves, by one timer', () =>
    onOwnStage(async (stage) => {
      const waves = [{ name: 'dry-run', dryRun: true }, { name: 'single' }, { name: 'canary' }];
      const blastRadius = { maxVictims: 4, maxConcurrent: 2, survivorsAtLeast: 1, coolDown: '5m' };
      const startedMs = Date.now();
      const id = await stage.start(experimentDocument({ waves, blastRadius }));
      await expectPassed(stage, id);
      const [began, ended, ...more] = await timesOf(stage, id, EVENT_TYPE_TIMER_STARTED, EVENT_TYPE_TIMER_FIRED);
      expect(more).toEqual([]);
      expect(ended! - began!).toBeGreaterThanOrEqual(5 * MINUTE_MS);
      expect(ended! - began!).toBeLessThan(6 * MINUTE_MS);
      expect(Date.now() - startedMs).toBeLessThan(MINUTE_MS);
    }));

  test('twelve hours of pause cost no event', () => {
    let isPaused = false;
    return onOwnStage(async (stage) => {
      const { site } = stage;
      site.on('prepareWave', async (_, usual) => {
        await linger(() => isPaused);
        return usual();
      });
      const id = await stage.start();
      await site.began('prepareWave');
      await stage.client.pause(id, { by: 'bob' });
      isPaused = true;
      await isIdleAfter(stage, id, EVENT_TYPE_ACTIVITY_TASK_COMPLETED);
      const [before, after] = await waitOut(stage, id, 12 * HOUR_MS);
      expect(after).toEqual(before);
      expect(after).not.toHaveProperty('TIMER_STARTED');
      expect(await stage.client.status(id)).toMatchObject({ phase: 'paused' });
      expect(site.of('prepareWave')).toHaveLength(1);
      await stage.client.resume(id, { by: 'bob' });
      await expectPassed(stage, id);
      expect(site.of('prepareWave')).toHaveLength(3); // the baseline before the pause is old
    });
  });
});
