import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument, fourWaves, scaleUp } from '../workflows/harness/document.ts';
import { reach } from '../workflows/harness/expectations.ts';
import { breachingGuard, endlessGuard, linger } from '../workflows/harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type Theatre } from '../workflows/harness/stage.ts';
import { historiesDir } from './histories.ts';

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
    for (const by of ['ann', 'bob']) await stage.client.approve(id, { by, digest: digest! });
    await stage.site.began('prepareWave');
    await stage.client.pause(id, { by: 'bob' });
    isReleased = true;
    await reach(stage, id, 'paused');
    await stage.client.resume(id, { by: 'bob' });
    return id;
  },
};

/** A saved history is never replaced: it stands for the runs of its version. A changed story gets a new name. */
const unsaved = Object.entries(stories).filter(([name]) => !existsSync(join(historiesDir, `${name}.json`)));

/** Not a test: `npm run histories:record` plays the stories that have no saved history yet, and saves them. */
describeWithTemporal('record histories', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
    await mkdir(historiesDir, { recursive: true });
  });
  afterAll(() => theatre.close());

  test.each(unsaved)('%s', (name, play) =>
    onStage(theatre, async (stage) => {
      const workflowId = await play(stage);
      await stage.verdict(workflowId);
      const history = historyToJSON(await stage.client.temporal.workflow.getHandle(workflowId).fetchHistory());
      await writeFile(
        join(historiesDir, `${name}.json`),
        `${JSON.stringify({ workflowId, history: JSON.parse(history) as unknown }, null, 1)}\n`,
      );
    }),
  );
});
