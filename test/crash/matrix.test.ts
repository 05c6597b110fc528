import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Phase } from '../../src/domain/run.ts';
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

/** Every phase of a run, and the instants inside of injecting and undoing. `sample`: played by every `make test`. */
const rows: (Crash & { sample?: boolean })[] = [
  { name: 'admitting', during: 'admitting', moment: after(0) },
  { name: 'admitting, a little later', during: 'admitting', moment: after(30) },
  { name: 'awaiting approval', moment: phase('awaiting-approval'), options: withApproval, afterKill: approve, sample: true },
  { name: 'preparing the dry run', moment: phase('preparing', 'dry') },
  { name: 'preparing', moment: phase('preparing', 'one'), sample: true },
  { name: 'arming', moment: phase('arming', 'one') },
  {
    name: 'injecting: intent written (pause)',
    during: 'injecting',
    moment: journalled('intent.json'),
    missed: must(['the deed is recorded already', not(has('deed.json'))]),
    sample: true,
  },
  {
    name: 'injecting: intent written (kill)',
    during: 'injecting',
    moment: journalled('intent.json'),
    options: kill,
    missed: must(['the deed is recorded already', not(has('deed.json'))]),
    sample: true,
  },
  {
    name: 'injecting: victim stopped, no reply',
    during: 'injecting',
    moment: victimStopped(),
    missed: must(['the victim runs', isStopped]),
    sample: true,
  },
  { name: 'injecting: victim dead, no reply', during: 'injecting', moment: victimDied(), options: kill, sample: true },
  { name: 'injecting: deed recorded (pause)', during: 'injecting', moment: journalled('deed.json') },
  { name: 'injecting: deed recorded (kill)', during: 'injecting', moment: journalled('deed.json'), options: kill },
  { name: 'injecting: effect awaited (kill)', during: 'injecting', moment: victimDied(5), options: kill },
  {
    name: 'injecting two at once',
    during: 'injecting',
    moment: then(phase('cooling-down'), victimStopped()),
    missed: must(['the victim runs', isStopped]),
    sample: true,
  },
  { name: 'holding, early', during: 'holding', moment: victimStopped(150), missed: must(['the victim runs', isStopped]), sample: true },
  { name: 'holding, late', during: 'holding', moment: victimStopped(2_100), missed: must(['the victim runs', isStopped]) },
  {
    name: 'holding, a second worker stands by',
    during: 'holding',
    moment: victimStopped(300),
    standby: true,
    missed: must(['the victim runs', isStopped]),
    sample: true,
  },
  { name: 'holding (kill)', during: 'holding', moment: victimDied(300), options: kill },
  { name: 'undoing, before SIGCONT', moment: phase('undoing', 'one') },
  {
    name: 'undoing, SIGCONT sent',
    during: 'undoing',
    moment: victimResumed,
    missed: must(['a victim is stopped', not(isStopped)]),
    sample: true,
  },
  { name: 'undoing, reversal recorded', during: 'undoing', moment: journalled('reversal.json') },
  { name: 'recovering', moment: phase('recovering', 'one'), sample: true },
  { name: 'recovering (kill), a second worker stands by', moment: phase('recovering', 'one'), options: kill, standby: true },
  { name: 'during a runbook', during: 'recovering', moment: duringRunbook, options: withRunbook, sample: true },
  { name: 'cooling down', moment: phase('cooling-down'), sample: true },
  { name: 'preparing the second wave (kill)', moment: phase('preparing', 'two'), options: kill },
  { name: 'recovering from the last wave', moment: phase('recovering', 'two') },
  { name: 'closing, before the records', during: 'closing', moment: then(phase('recovering', 'two'), lastWaveJudged), sample: true },
  { name: 'closing, after the records', during: 'closing', moment: then(phase('recovering', 'two'), recordsClosed) },
];

async function recordsClosed(stage: Stage): Promise<void> {
  await until('closed records', async () => stage.hasClosedRecords(), 40_000, 5);
}

const SEED = 20_261_124;
const RANDOM_KILLS = 20;
const RUN_TAKES_MS = 11_000;

/** Waits a while, looking at the run so that the phase of the death is known. */
const someTime = (ms: number) => async (stage: Stage) => {
  const endMs = Date.now() + ms;
  await until('the instant', async () => Date.now() >= endMs || (await stage.look(), Date.now() >= endMs), ms + 5_000, 25);
};

/** Instants spread over the whole run, one in each of its slices, chosen by the seed: what nobody thought of. */
const random = xorshift(SEED);
for (let slice = 0; slice < RANDOM_KILLS; slice++) {
  const ms = Math.round(((slice + random()) / RANDOM_KILLS) * RUN_TAKES_MS);
  const options = slice % 2 === 0 ? {} : kill;
  rows.push({
    name: `any instant: ${ms} ms after the start (${slice % 2 === 0 ? 'pause' : 'kill'})`,
    moment: someTime(ms),
    options,
    sample: slice % 7 === 3,
  });
}

/** Fractions 0–1. @see Marsaglia 2003, "Xorshift RNGs" */
function xorshift(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
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

  // A sample need not hit every phase.
  const everyPhase = (): void => {
    const hit = outcomes.map(({ phase: seen }) => seen);
    const phases: Phase[] = ['admitting', 'awaiting-approval', 'preparing', 'arming', 'injecting', 'holding'];
    phases.push('undoing', 'recovering', 'cooling-down', 'closing');
    expect(phases.filter((one) => !hit.includes(one))).toEqual([]);
    expect(outcomes.filter(({ missed }) => missed !== undefined).map(({ name, missed }) => `${name}: ${missed}`)).toEqual([]);
  };
  if (chosen === 'full') test('every phase was hit', everyPhase);
});
