import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { FIELDS } from '../../src/domain/post-mortem.ts';
import { createRecords } from '../../src/records/postgres.ts';
import type { Records } from '../../src/records/ports.ts';
import { describeWithDatabase, describeWithTemporal, temporalAddress } from '../support/servers.ts';
import { createDatabase } from '../records/database.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { breachingGuard } from '../workflows/harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type Theatre } from '../workflows/harness/stage.ts';
import { buildWhenStale, call, type Ended } from './command.ts';

const describeWithBoth = describeWithTemporal === describe ? describeWithDatabase : describeWithTemporal;

const document = experimentDocument({
  waves: [
    { name: 'dry-run', dryRun: true },
    { name: 'canary' },
    { name: 'stress', requires: { wave: 'canary', passed: 1, recoveryLowerBound: '2%' } },
  ],
});

describeWithBoth('evidence, from the command line', () => {
  let theatre: Theatre;
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let records: Records;
  let cwd: string;
  const env: Record<string, string> = {};
  const cli = (...args: string[]): Promise<Ended> => call(args, { cwd, env });

  beforeAll(async () => {
    buildWhenStale();
    cwd = mkdtempSync(join(tmpdir(), 'breakwater-evidence-'));
    writeFileSync(join(cwd, 'experiment.yaml'), stringify(document));
    [theatre, database] = await Promise.all([openTheatre(), createDatabase()]);
    records = createRecords({ url: database.url, maxConnections: 3 });
    await records.migrate();
  }, 240_000);
  afterAll(async () => {
    await records.close();
    await Promise.all([theatre.close(), database.drop()]);
    rmSync(cwd, { recursive: true, force: true });
  });

  const run = async ({ start, verdict }: Stage, seed: number) => {
    const id = await start(document, { seed });
    await verdict(id);
    return id;
  };

  test(
    'plan tells what is missing; what was earned opens the wave; a finding is closed by the same plan and seed only, and shown before and after',
    () =>
      onStage(
        theatre,
        async (stage) => {
          Object.assign(env, {
            BREAKWATER_DATABASE_URL: database.url,
            TEMPORAL_ADDRESS: temporalAddress(),
            BREAKWATER_TASK_QUEUE: stage.taskQueue,
          });
          const planned = await cli('plan', 'experiment.yaml', '--seed', '7');
          expect(planned.stdout).toMatch(
            /Earned by the records\n {2}stress {2}.*would not be run.*passed in 0 of the 1 runs that are required/,
          );
          expect((await cli('score')).stdout).toBe('No runs are recorded.\n');

          stage.site.on(
            'guardWave',
            breachingGuard(() => stage.site.of('injectFault').some(({ endedMs }) => endedMs !== undefined)),
          );
          const bad = await run(stage, 7);
          expect(JSON.parse((await cli('score', '-o', 'json')).stdout)).toMatchObject([{ score: 0, covered: 1, planned: 2, failed: 1 }]);
          stage.site.on('guardWave', (_, usual) => usual());
          await run(stage, 8); // another seed: denied at stress, and canary earned its pass
          expect((await cli('plan', 'experiment.yaml', '--seed', '7')).stdout).toMatch(
            /stress {2}wave canary passed in 1 of 1 runs within 30 d/,
          );
          expect((await records.findRun(await run(stage, 8)))?.verdict).toBe('passed');
          const open = await cli('findings', 'show', bad);
          expect(open).toMatchObject({ code: 0, stdout: expect.stringMatching(/^open .*[^]*Verdict +aborted +not yet/) as string });
          expect(open.stderr).toContain('stays open until plan');
          const good = await run(stage, 7);
          const closed = JSON.parse((await cli('findings', 'show', good, '-o', 'json')).stdout) as { comparison: { what: string }[] };
          expect(closed).toMatchObject({ run: { workflowId: bad }, closedBy: { workflowId: good } });
          expect(closed.comparison.find(({ what }) => what === 'Verdict')).toEqual({ what: 'Verdict', before: 'aborted', after: 'passed' });
          expect((await cli('findings', 'show', 'nobody')).code).toBe(2);
          const scored = await cli('score', '--service', 'payments');
          expect(scored.stdout).toMatch(/payments +staging +\d\d\.\d +2 of 2 waves +5 +1 +0/);

          const file = join(cwd, 'postmortem.md');
          expect(await cli('postmortem', bad, '--out', file)).toMatchObject({ code: 0, stdout: '' });
          expect((await cli('postmortem', bad, '--out', file)).code).toBe(2); // what people wrote is not overwritten
          const unfinished = await cli('postmortem', 'check', file);
          expect(unfinished).toMatchObject({ code: 8, stdout: expect.stringContaining('0 of 9 fields completed (0%)') as string });
          const draft = readFileSync(file, 'utf8');
          writeFileSync(
            file,
            draft
              .replace(`TODO: ${FIELDS.runbook}`, 'updated: step 2 of scale-up')
              .replaceAll(/^\|.*TODO.*$/gm, '| limit the queue | ada | 2026-12-24 |')
              .replaceAll(/^TODO:.*$/gm, 'it is known now'),
          );
          const complete = await cli('postmortem', 'check', file, '--record', '--by', 'ada', '-o', 'json');
          expect(complete.code).toBe(0);
          expect(JSON.parse(complete.stdout)).toMatchObject({
            workflowId: bad,
            completed: 9,
            fields: 9,
            missing: [],
            runbook: 'updated',
            recorded: true,
          });
          expect(await records.postMortems([bad])).toMatchObject([{ by: 'ada', completed: 9, runbook: 'updated' }]);
          const report = JSON.parse((await cli('report', bad, '--format', 'json')).stdout) as object;
          expect(report).toMatchObject({
            measures: {
              learning: { postMortem: { completed: 9 }, next: { verdict: 'passed' }, experiment: { bad: 1, nextPassed: 1, nextOf: 1 } },
            },
          });
          expect((await cli('postmortem', 'check', 'experiment.yaml')).code).toBe(2);
        },
        { records },
      ),
    300_000,
  );
});
