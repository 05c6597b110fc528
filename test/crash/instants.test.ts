import { currentBuild } from '../support/build.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { endRuntime, quietRuntime } from '../workflows/harness/stage.ts';
import { worker } from './harness/components.ts';
import { crashAll, type Crash, type CrashOutcome } from './harness/crash.ts';
import { journalled, phase, then, until, victimDied, victimResumed, victimStopped } from './harness/moments.ts';
import { keepReport, report } from './harness/report.ts';
import { matrixSettings } from './harness/settings.ts';
import type { Stage } from './harness/stage.ts';

const settings = matrixSettings();
const kill = { fault: { kind: 'process-kill' } };

const approve = async (stage: Stage): Promise<void> => {
  await until('waiting for approval', async () => (await stage.look())?.awaiting !== undefined);
  await stage.client.approve(stage.workflowId, { by: 'a person', digest: stage.seen?.digest ?? '' });
};
const withApproval = { document: () => ({ approvals: { required: 1, within: '60s' } }) };

/** A remedy that takes a second, says when it has begun, and heals the backlog that the test makes. */
const withRunbook = {
  document: ({ dir }: { dir: string }) => ({
    remediation: [{ when: { probe: 'backlog', above: 3 }, runbook: 'repair' }],
    runbooks: {
      repair: { steps: [{ remedy: { kind: 'command', argv: ['sh', '-c', `touch ${dir}/repairing; sleep 1; touch ${dir}/repaired`] } }] },
    },
  }),
};
const duringRunbook = async (stage: Stage): Promise<void> => {
  await victimStopped()(stage);
  stage.system.backlog = 5;
  const has = (file: string) => () => stage.files().includes(file);
  await until('the runbook', has('repairing'));
  void until('the repair', has('repaired'), 60_000).then(() => (stage.system.backlog = 0));
};

const has = (file: string) => (stage: Stage) => stage.journalled().includes(file);
const must =
  (...rules: [text: string, isSo: (stage: Stage) => boolean][]) =>
  (stage: Stage) =>
    rules.find(([, isSo]) => !isSo(stage))?.[0];
const not = (isSo: (stage: Stage) => boolean) => (stage: Stage) => !isSo(stage);
const isStopped = (stage: Stage) => stage.victims.stopped().length > 0;

/** Instants that no event of the history marks, because they lie inside of an activity. `sample`: played by every `make test`. */
const rows: (Omit<Crash, 'component'> & { sample?: boolean })[] = [
  { name: 'awaiting approval', moment: phase('awaiting-approval'), options: withApproval, afterKill: approve, sample: true },
  {
    name: 'injecting: intent written (pause)',
    moment: journalled('intent.json'),
    missed: must(['the deed is recorded already', not(has('deed.json'))]),
    sample: true,
  },
  {
    name: 'injecting: intent written (kill)',
    moment: journalled('intent.json'),
    options: kill,
    missed: must(['the deed is recorded already', not(has('deed.json'))]),
    sample: true,
  },
  {
    name: 'injecting: victim stopped, no reply',
    moment: victimStopped(),
    missed: must(['the victim runs', isStopped]),
    sample: true,
  },
  { name: 'injecting: victim dead, no reply', moment: victimDied(), options: kill, sample: true },
  { name: 'injecting: deed recorded (pause)', moment: journalled('deed.json') },
  { name: 'injecting: deed recorded (kill)', moment: journalled('deed.json'), options: kill },
  { name: 'injecting: effect awaited (kill)', moment: victimDied(5), options: kill },
  {
    name: 'injecting two at once',
    moment: then(phase('cooling-down'), victimStopped()),
    missed: must(['the victim runs', isStopped]),
    sample: true,
  },
  { name: 'holding, early', moment: victimStopped(150), missed: must(['the victim runs', isStopped]), sample: true },
  { name: 'holding, late', moment: victimStopped(2_100), missed: must(['the victim runs', isStopped]) },
  { name: 'holding (kill)', moment: victimDied(300), options: kill },
  {
    name: 'undoing, SIGCONT sent',
    moment: victimResumed,
    missed: must(['a victim is stopped', not(isStopped)]),
    sample: true,
  },
  { name: 'undoing, reversal recorded', moment: journalled('reversal.json') },
  { name: 'during a runbook', moment: duringRunbook, options: withRunbook, sample: true },
];

describeWithTemporal('a worker killed -9 inside of an activity, or while a person is waited for', () => {
  const { chosen, atOnce, reportDir } = settings;
  const isWhole = chosen === 'full' || chosen === 'states';
  const played = rows.filter(({ name, sample }) => isWhole || (chosen === 'sample' ? sample : name.includes(chosen)));
  let outcomes: CrashOutcome[] = [];

  beforeAll(async () => {
    quietRuntime();
    await currentBuild();
    outcomes = await crashAll(
      played.map((row) => ({ ...row, component: worker })),
      atOnce,
    );
    process.stderr.write(`\ncrash matrix, instants (${chosen}; BREAKWATER_MATRIX=full plays all)\n${report(outcomes)}`);
    if (reportDir !== undefined) keepReport(reportDir, 'instants', { outcomes });
  }, 900_000);

  afterAll(endRuntime);

  (played.length > 0 ? test.each(played.map(({ name }) => name)) : test.skip.each(['none was chosen']))(
    '%s: the run ends truthfully, everybody runs again, nobody more was hit',
    (name) => {
      const outcome = outcomes.find((one) => one.name === name);
      expect(outcome).toMatchObject({ name, violations: [] });
    },
  );

  if (isWhole)
    test('every instant was hit', () =>
      expect(outcomes.filter(({ missed }) => missed !== undefined).map(({ name, missed }) => `${name}: ${missed}`)).toEqual([]));
});
