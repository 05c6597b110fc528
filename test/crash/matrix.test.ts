import { currentBuild } from '../support/build.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { endRuntime, quietRuntime } from '../workflows/harness/stage.ts';
import { COMPONENTS } from './harness/components.ts';
import { crashAll, type Crash, type CrashOutcome } from './harness/crash.ts';
import { keepPoint, playedBefore, referencesIn } from './harness/points-file.ts';
import { referenceOf, VARIANTS, type Reference } from './harness/points.ts';
import { keepReport, progress, report, summarise, summaryLine } from './harness/report.ts';
import { choosePoints } from './harness/sample.ts';
import { matrixSettings } from './harness/settings.ts';
import type { Moment } from './harness/transactions.ts';

const SAMPLED_WITHIN_MS = 1_200_000;
const FULL_WITHIN_MS = 12 * 3_600_000;
const settings = matrixSettings();
const { chosen, components, variants, seed, shard, atOnce, reportDir } = settings;
const isChosen = (name: string, among: string[] | undefined): boolean => among === undefined || among.includes(name);
const playable = COMPONENTS.filter(({ name }) => isChosen(name, components));

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const statesIn = (moments: Moment[]): number => moments.filter(({ delayMs }) => delayMs === 0).length;

/** The undisturbed runs, whose events are the moments of the matrix: of every variant, because a report folder keeps them for all that is played later. */
const references = (): Promise<Reference[]> => Promise.all(VARIANTS.map((name) => referenceOf(name)));

describeWithTemporal('a part of Breakwater killed -9 after an event of the history', () => {
  let points: Crash[] = [];
  let outcomes: CrashOutcome[] = [];

  beforeAll(
    async () => {
      quietRuntime();
      const dist = await currentBuild();
      const played = (await referencesIn(reportDir, dist, references)).filter(({ variant }) => isChosen(variant, variants));
      points = choosePoints(played, playable, { chosen, seed, shard });
      const before = playedBefore(reportDir);
      const left = points.filter(({ name }) => !before.has(name));
      say(
        `\ncrash matrix (${chosen}, seed ${seed}, part ${shard.join(' of ')}): ${left.length} points of ${points.length}, ${atOnce} at once;`,
      );
      for (const { variant, events, moments, holdMs } of played)
        say(
          `an undisturbed run (${variant}, hold ${holdMs} ms): ${events} events, ${statesIn(moments)} transactions, ${moments.length} moments`,
        );
      const lineOf = progress(left.length);
      const fresh = await crashAll(left, atOnce, (outcome) => {
        if (reportDir === undefined) return;
        keepPoint(reportDir, outcome);
        say(lineOf(outcome));
      });
      outcomes = points.flatMap(({ name }) => fresh.find((one) => one.name === name) ?? before.get(name) ?? []);
      say(reportDir === undefined ? report(outcomes) : summarise(outcomes).map(summaryLine).join('\n'));
      if (reportDir !== undefined) keepReport(reportDir, 'matrix', { seed, shard, references: played, outcomes });
    },
    chosen === 'sample' ? SAMPLED_WITHIN_MS : FULL_WITHIN_MS,
  );

  afterAll(endRuntime);

  test.each(playable.map(({ name }) => name))('%s: every run ends truthfully, everybody runs again, nobody more was hit', (name) => {
    const mine = outcomes.filter(({ component }) => component === name);
    expect(mine.filter(({ violations }) => violations.length > 0)).toEqual([]);
    expect(mine).toHaveLength(points.filter(({ component }) => component.name === name).length);
    if (chosen === 'sample') expect(mine.length).toBeGreaterThan(0);
  });
});
