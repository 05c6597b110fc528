import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { ChangeSystemError } from '../../src/activities/change-port.ts';
import { ledgerId } from '../../src/domain/ledger/names.ts';
import { makeApprovalKeys, signedAct, type ApprovalKeys } from '../support/approval-keys.ts';
import { schedule } from '../schedules/files.ts';
import { setOf } from '../policy/set.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument, fenced, fourWaves, scaleUp } from '../workflows/harness/document.ts';
import { holdsLive, reach } from '../workflows/harness/expectations.ts';
import { announce, breachingGuard, endlessGuard, healthy, linger } from '../workflows/harness/fake-site.ts';
import { needs, review, reviewKeys, rule } from '../workflows/harness/reviews.ts';
import { onStage, openTheatre, type Stage, type StageOptions, type Theatre } from '../workflows/harness/stage.ts';
import { historiesDir } from './histories.ts';

const counter = { kind: 'http', url: 'http://127.0.0.1:9/n', read: { jsonPath: '$.n' } };
const withBudget = experimentDocument({
  slo: { payments: { objective: '99.9%', good: counter, total: counter } },
  waves: [
    { name: 'dry-run', dryRun: true },
    { name: 'single', iterations: 2, budget: { slo: 'payments', expectedCost: '5%' } },
  ],
});

/** A change system that allows everything, and takes every note but the last. */
const changes: NonNullable<StageOptions['changes']> = {
  system: {
    name: 'a change system',
    check: () => Promise.resolve({ approved: true, reason: '', state: 'Implement', window: { untilMs: Date.UTC(2126, 0, 1) } }),
    note: ({ moment }) =>
      moment === 'start' ? Promise.resolve('written') : Promise.reject(new ChangeSystemError('it takes no more notes', false)),
    reach: () => Promise.resolve('it answers'),
  },
  environments: ['*'],
  tickets: ['CHG*'],
  links: {},
};

let keys: ApprovalKeys;
const pager = { page: () => Promise.resolve({ paged: true, evidence: 'taken' }) };

/** What a story needs beside a site. */
const props: Record<string, () => StageOptions> = {
  'ticket-is-told': () => ({ changes }),
  'reviewed-commit-counts': () => ({ policies: () => setOf(rule()), reviewKeys }),
  'approval-signed': () => ({ approvals: keys.approvals, pager }),
  'glass-broken': () => ({ approvals: keys.approvals, pager }),
};

/** What each saved run does; answers its workflow id. */
const stories: Record<string, (stage: Stage) => Promise<string>> = {
  'passed-four-waves': ({ start }) => start(experimentDocument({ waves: fourWaves })),
  'aborted-in-hold': async (stage) => {
    stage.site.on('guardWave', endlessGuard);
    const id = await stage.start();
    await reach(stage, id, 'holding');
    await stage.client.abort(id, { by: 'bob', reason: 'pager' });
    return id;
  },
  'breach-with-runbook': ({ site, start }) => {
    site.on(
      'guardWave',
      breachingGuard(() => site.of('injectFault').some(({ endedMs }) => endedMs !== undefined)),
    );
    return start(experimentDocument({ waves: fourWaves, runbooks: scaleUp, rollbacks: ['scale-up'] }));
  },
  denied: ({ site, start }) => {
    site.population = [];
    return start();
  },
  'paused-in-hold': async (stage) => {
    stage.site.on('guardWave', (input, usual) =>
      input.place.wave === 'single' && input.place.iteration === 0 ? endlessGuard(input, usual, 1) : usual(),
    );
    const id = await stage.start(experimentDocument({ waves: fourWaves }));
    await reach(stage, id, (run) => run.phase === 'holding' && run.wave === 'single');
    await stage.client.pause(id, { by: 'bob' });
    await reach(stage, id, 'paused');
    await stage.client.resume(id, { by: 'bob' });
    return id;
  },
  'approved-and-paused': async (stage) => {
    let isReleased = false;
    stage.site.on('prepareWave', async (_, usual) => (await linger(() => isReleased), usual()));
    const id = await stage.start(experimentDocument({ waves: fourWaves, approvals: { required: 2 } }));
    const { digest } = await reach(stage, id, 'awaiting-approval');
    for (const by of ['bob', 'cid']) await stage.client.approve(id, { by, digest: digest! });
    await stage.site.began('prepareWave');
    await stage.client.pause(id, { by: 'bob' });
    isReleased = true;
    await reach(stage, id, 'paused');
    await stage.client.resume(id, { by: 'bob' });
    return id;
  },
  'four-waves-with-ledger': ({ start }) => start(experimentDocument({ waves: fourWaves })),
  'wave-not-earned': async ({ start, verdict }) => {
    const waves = [
      { name: 'dry-run', dryRun: true },
      { name: 'canary' },
      { name: 'stress', requires: { wave: 'canary', passed: 2, recoveryLowerBound: '80%' } },
    ];
    await verdict(await start(experimentDocument({ waves })));
    return start(experimentDocument({ waves }));
  },
  'wave-with-budget': async ({ site, start }) => {
    site.on('prepareWave', async (_input, usual) => {
      const preparation = await usual();
      preparation.baseline.summaries['payments.budget-remaining'] = { ...healthy, last: 0.5 };
      return preparation;
    });
    return start(withBudget);
  },
  'ledger-with-budget': async (stage) => {
    stage.site.on('prepareWave', async (_input, usual) => {
      const preparation = await usual();
      preparation.baseline.summaries['payments.budget-remaining'] = { ...healthy, last: 0.5 };
      return preparation;
    });
    await stage.verdict(await stage.start(withBudget));
    return ledgerId('staging', stage.taskQueue);
  },
  'guard-lost-for-ever': ({ site, start }) => {
    const isAnswered = (): boolean => site.of('injectFault').some(({ endedMs }) => endedMs !== undefined);
    site.on('guardWave', async (input, usual, nth) => {
      if (input.holdMs === 0) return usual();
      if (nth === 2) await announce(input.place);
      await linger(isAnswered);
      throw new Error('it lost its eyes');
    });
    return start(experimentDocument({ guard: { maxBlind: '3s' }, waves: fourWaves }));
  },
  'approved-and-aborted': async (stage) => {
    stage.site.on('guardWave', endlessGuard);
    const id = await stage.start(experimentDocument({ approvals: { required: 1 } }));
    const { digest } = await reach(stage, id, 'awaiting-approval');
    await stage.client.approve(id, { by: 'bob', digest: digest! });
    await reach(stage, id, holdsLive);
    await stage.client.abort(id, { by: 'bob', reason: 'pager' });
    return id;
  },
  'approval-void': async (stage) => {
    const { site, start, client } = stage;
    const waves = [{ name: 'dry-run', dryRun: true }, { name: 'single' }, { name: 'canary', gate: 'approval' }];
    const blastRadius = { maxVictims: 4, maxConcurrent: 2, survivorsAtLeast: 1, victimsReturn: false, coolDown: '0s' };
    const id = await start(experimentDocument({ waves, blastRadius, approvals: { required: 1 } }));
    for (const what of ['start', 'wave canary']) {
      const { digest } = await reach(stage, id, ({ awaiting }) => awaiting === what);
      if (what !== 'start') site.population = site.population.slice(0, 3); // of five
      await client.approve(id, { by: 'bob', digest: digest! });
    }
    return id;
  },
  'approval-signed': async (stage) => {
    const waves = [{ name: 'dry-run', dryRun: true }, { name: 'single' }, { name: 'canary', gate: 'approval' }];
    const id = await stage.start(experimentDocument({ waves, approvals: { required: 1 } }));
    for (const what of ['start', 'wave canary']) {
      const state = await reach(stage, id, ({ awaiting }) => awaiting === what);
      const forged = stage.client.approve(id, { by: 'corp:bob', digest: state.digest! });
      await expect(forged).rejects.toThrow();
      await stage.client.approve(id, await signedAct(keys.key, state, 'corp:bob'));
    }
    return id;
  },
  'glass-broken': async (stage) => {
    const id = await stage.start(experimentDocument({ approvals: { required: 2 } }));
    const state = await reach(stage, id, 'awaiting-approval');
    const breakGlass = { reason: 'failover tonight', ticket: 'INC-7' };
    await stage.client.approve(
      id,
      await signedAct(keys.key, state, 'corp:ann', { kind: 'break-glass', roles: ['break-glass'], breakGlass }),
    );
    return id;
  },
  'janitor-finds-what-nobody-can-read': async ({ site, client, taskQueue }) => {
    site.leases.broken = ['/state/leases/x.lease is not valid JSON'];
    const workflowId = `janitor.${randomUUID()}`;
    await client.temporal.workflow.execute('janitor', { taskQueue, workflowId, args: [{ act: true }] });
    return workflowId;
  },
  'queued-and-halted': async (stage) => (await queueAndHalt(stage)).second,
  'ledger-queue-halt-lift': async (stage) => {
    await queueAndHalt(stage);
    await stage.client.liftHalt('staging', { by: 'ann', reason: 'over' });
    stage.site.on('guardWave', (_, usual) => usual());
    await stage.verdict(await stage.start());
    return ledgerId('staging', stage.taskQueue);
  },
  'ledger-each-task-leaves-an-event': ledgerOfQueue,
  'fenced-and-passed': ({ start }) => start(experimentDocument({ waves: fourWaves, traffic: fenced })),
  'fence-not-proven': ({ site, start }) => {
    site.on('injectFault', async (order, usual) => {
      const done = await usual();
      return order.isFence ? { ...done, effect: { proven: false, evidence: 'its controller has not seen it' } } : done;
    });
    return start(experimentDocument({ traffic: fenced }));
  },
  'ticket-is-told': ({ start }) =>
    start(experimentDocument({ metadata: { ...(experimentDocument()['metadata'] as object), ticket: 'CHG0030001' } })),
  'scheduled-and-run': (stage) => startScheduled(stage),
  'schedule-skipped': (stage) => {
    stage.site.on('measureBudgets', () => Promise.resolve({ payments: { left: 0.2 } }));
    return startScheduled(stage);
  },
  'patches-come-first': async (stage) => {
    stage.site.on('guardWave', endlessGuard);
    const input = { document: experimentDocument(), seed: 1, timeScale: 1, requestedBy: 'web' };
    const { workflowId } = await stage.startRaw(input);
    await reach(stage, workflowId, holdsLive);
    await stage.client.abort(workflowId, { by: 'bob', reason: 'pager' });
    return workflowId;
  },
  'reviewed-commit-counts': async (stage) => {
    const waves = [
      { name: 'dry-run', dryRun: true },
      { name: 'single', gate: 'approval' },
    ];
    const document = needs(2, { waves });
    await review(stage, document);
    const id = await stage.start(document);
    for (const what of ['start', 'wave single']) {
      const { digest } = await reach(
        stage,
        id,
        ({ awaiting, approvals }) => awaiting === what && approvals.length === (what === 'start' ? 1 : 0),
      );
      for (const by of what === 'start' ? ['carol'] : ['carol', 'dave']) await stage.client.approve(id, { by, digest: digest! });
    }
    return id;
  },
};

/** A run that carries a schedule file, as a schedule starts it. */
async function startScheduled({ startRaw }: Stage): Promise<string> {
  const windows = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '23:59', zone: 'UTC' }];
  const { document, experimentDocument: experiment } = schedule({
    ...{ windows, experiment: withBudget, atMost: { runs: 2, per: 'week' }, skip: { budgetBelow: '50%' } },
  });
  const scheduledBy = { name: 'weekdays', document, calendars: {}, sinceMs: Date.now() };
  const { workflowId } = await startRaw({ document: experiment, seed: 1, requestedBy: 'ann', schedule: scheduledBy });
  return workflowId;
}

/** The ledger of a second run that waits while a halt comes. */
async function ledgerOfQueue(stage: Stage): Promise<string> {
  await queueAndHalt(stage);
  return ledgerId('staging', stage.taskQueue);
}

/** One run holds, another waits behind it, and both are halted. */
async function queueAndHalt(stage: Stage): Promise<{ second: string }> {
  stage.site.on('guardWave', endlessGuard);
  const first = await stage.start();
  await reach(stage, first, holdsLive);
  const second = await stage.start();
  await reach(stage, second, 'queued');
  await stage.client.halt({ environment: 'staging', by: 'ann', reason: 'drill' }, 30_000);
  return { second };
}

/** A saved history is never replaced: it stands for the runs of its version. A changed story gets a new name. */
const unsaved = Object.entries(stories).filter(([name]) => !existsSync(join(historiesDir, `${name}.json`)));

async function save(name: string, play: (stage: Stage) => Promise<string>, stage: Stage): Promise<void> {
  const workflowId = await play(stage);
  if (!workflowId.startsWith('ledger.')) await stage.verdict(workflowId);
  const history = historyToJSON(await stage.client.temporal.workflow.getHandle(workflowId).fetchHistory());
  await writeFile(
    join(historiesDir, `${name}.json`),
    `${JSON.stringify({ workflowId, history: JSON.parse(history) as unknown }, null, 1)}\n`,
  );
}

/** Not a test: `npm run histories:record` plays the stories that have no saved history yet, and saves them. */
describeWithTemporal('record histories', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
    keys = await makeApprovalKeys();
    await mkdir(historiesDir, { recursive: true });
  });
  afterAll(async () => {
    keys.remove();
    await theatre.close();
  });

  test.each(unsaved)('%s', (name, play) => onStage(theatre, (stage) => save(name, play, stage), props[name]?.()));
});
