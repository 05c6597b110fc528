import { currentBuild } from '../support/build.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { siteWorker, worker, type Component } from './harness/components.ts';
import { crashAll } from './harness/crash.ts';
import { victimStopped } from './harness/moments.ts';
import { report } from './harness/report.ts';
import type { Stage } from './harness/stage.ts';
import type { Role } from './harness/worker.ts';

/** Nothing but the guard's blindness ends this hold. */
const options = {
  document: () => ({
    guard: { maxBlind: '2s' },
    steadyState: [{ probe: 'health', tolerance: { equals: 1 }, throughout: true }],
    timing: { baseline: '400ms', hold: '10m', recoverWithin: '30s', stableFor: '300ms' },
    waves: [{ name: 'dry', dryRun: true }, { name: 'one' }],
  }),
};
/** Only against a hang: how soon it is, is measured by `make bench` on a machine that does nothing else. */
const UNDONE_WITHIN_MS = 30_000;

/** The first process of this role dies, and nobody is started afterwards: the second, which came in mid-fault, has to undo. */
const row = (role: Role, cast: Component['cast']) => ({
  name: `${role} worker killed in mid-fault, another stands by`,
  component: { name: `${role} worker`, cast, kill: (stage) => stage.running(role).kill() } satisfies Component,
  options,
  moment: async (stage: Stage) => {
    await victimStopped()(stage);
    await stage.startWorker(role);
  },
  missed: (stage: Stage) => (stage.victims.stopped().length > 0 ? undefined : 'the guard went blind before'),
});

describeWithTemporal('a worker dies in mid-fault for ever', () => {
  const rows = [row('all', worker.cast), row('site', siteWorker.cast)];

  test('the one that stands by stops the run and undoes', async () => {
    await currentBuild();
    const outcomes = await crashAll(rows, rows.length);
    process.stderr.write(`\n${report(outcomes)}`);
    const undone = outcomes.map(({ undoneAfterMs }) => undoneAfterMs ?? Infinity);
    expect(outcomes.map(({ name, violations, rule, missed }) => ({ name, violations, rule, missed }))).toEqual(
      rows.map(() => ({ name: expect.any(String) as string, violations: [], rule: 'guard-blind', missed: undefined })),
    );
    expect(Math.max(...undone)).toBeLessThan(UNDONE_WITHIN_MS);
  }, 300_000);
});
