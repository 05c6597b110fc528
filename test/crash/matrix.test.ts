import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { currentBuild } from '../support/build.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { crashAll, report, type Crash, type CrashOutcome } from './harness/crash.ts';
import { after, journalled, phase, then, until, victimDied, victimResumed, victimStopped } from './harness/moments.ts';
import type { Stage } from './harness/stage.ts';

const AT_ONCE = 4;
/** `full`: all of them; another text: those whose name holds it; not set: a sample. */
const chosen = process.env['BREAKWATER_MATRIX'] ?? 'sample';
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
    runbooks: { repair: { steps: [{ remedy: { kind: 'command', argv: ['sh', '-c', `touch ${dir}/repairing; sleep 1; touch ${dir}/repaired`] } }] } },
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
const must = (...rules: [text: string, isSo: (stage: Stage) => boolean][]) => (stage: Stage) => rules.find(([, isSo]) => !isSo(stage))?.[0];
const not = (isSo: (stage: Stage) => boolean) => (stage: Stage) => !isSo(stage);
const isStopped = (stage: Stage) => stage.victims.stopped().length > 0;

/** Every phase of a run, and the instants inside of injecting and undoing. `sample`: played by every `make test`. */
const rows: (Crash & { sample?: boolean })[] = [
  { name: 'admitting', moment: after(0) },
  { name: 'admitting, a little later', moment: after(30) },
  { name: 'awaiting approval', moment: phase('awaiting-approval'), options: withApproval, afterKill: approve, sample: true },
  { name: 'preparing the dry run', moment: phase('preparing', 'dry') },
  { name: 'preparing', moment: phase('preparing', 'one'), sample: true },
  { name: 'arming', moment: phase('arming', 'one') },
  { name: 'injecting: intent written (pause)', moment: journalled('intent.json'), missed: must(['the deed is recorded already', not(has('deed.json'))]), sample: true },
  { name: 'injecting: intent written (kill)', moment: journalled('intent.json'), options: kill, missed: must(['the deed is recorded already', not(has('deed.json'))]), sample: true },
  { name: 'injecting: victim stopped, no reply', moment: victimStopped(), missed: must(['the victim runs', isStopped]), sample: true },
  { name: 'injecting: victim dead, no reply', moment: victimDied(), options: kill, sample: true },
  { name: 'injecting: deed recorded (pause)', moment: journalled('deed.json') },
  { name: 'injecting: deed recorded (kill)', moment: journalled('deed.json'), options: kill },
  { name: 'injecting: effect awaited (kill)', moment: victimDied(5), options: kill },
  { name: 'injecting two at once', moment: then(phase('cooling-down'), victimStopped()), missed: must(['the victim runs', isStopped]), sample: true },
  { name: 'holding, early', moment: victimStopped(150), missed: must(['the victim runs', isStopped]), sample: true },
  { name: 'holding, late', moment: victimStopped(1_250), missed: must(['the victim runs', isStopped]) },
  { name: 'holding, a second worker stands by', moment: victimStopped(300), standby: true, missed: must(['the victim runs', isStopped]), sample: true },
  { name: 'holding (kill)', moment: victimDied(300), options: kill },
  { name: 'undoing, before SIGCONT', moment: phase('undoing', 'one') },
  { name: 'undoing, SIGCONT sent', moment: victimResumed, missed: must(['a victim is stopped', not(isStopped)]), sample: true },
  { name: 'undoing, reversal recorded', moment: journalled('reversal.json') },
  { name: 'recovering', moment: phase('recovering', 'one'), sample: true },
  { name: 'recovering (kill), a second worker stands by', moment: phase('recovering', 'one'), options: kill, standby: true },
  { name: 'during a runbook', moment: duringRunbook, options: withRunbook, sample: true },
  { name: 'cooling down', moment: phase('cooling-down'), sample: true },
  { name: 'preparing the second wave (kill)', moment: phase('preparing', 'two'), options: kill },
  { name: 'recovering from the last wave', moment: phase('recovering', 'two') },
  { name: 'closing, before the records', moment: then(phase('recovering', 'two'), lastWaveJudged), sample: true },
  { name: 'closing, after the records', moment: then(phase('recovering', 'two'), recordsClosed) },
];

async function recordsClosed(stage: Stage): Promise<void> {
  await until('closed records', async () => stage.hasClosedRecords(), 40_000, 5);
}

/** The last thing that is recorded before the run closes. */
async function lastWaveJudged(stage: Stage): Promise<void> {
  await until('the last judgement', async () => stage.hasRecorded('judged', 'two'), 40_000, 5);
}

describeWithTemporal('a worker killed -9 at every phase of a run', () => {
  const played = rows.filter(({ name, sample }) => chosen === 'full' || (chosen === 'sample' ? sample : name.includes(chosen)));
  let outcomes: CrashOutcome[] = [];

  beforeAll(async () => {
    await currentBuild();
    outcomes = await crashAll(played, AT_ONCE);
    process.stderr.write(`\ncrash matrix (${chosen}; BREAKWATER_MATRIX=full plays all)\n${report(outcomes)}`);
    const folder = process.env['BREAKWATER_MATRIX_REPORT'];
    if (folder) writeFileSync(join(folder, 'crash-matrix.json'), JSON.stringify(outcomes, null, 2));
  }, 600_000);

  test.each(played.map(({ name }) => name))('%s: the run ends truthfully, everybody runs again, nobody more was hit', (name) => {
    const outcome = outcomes.find((one) => one.name === name);
    expect(outcome).toMatchObject({ name, violations: [] });
  });
});
