import { answer, type Answer } from './answer.ts';
import { place } from './format.ts';
import { iterationRows, type IterationRow } from './iterations.ts';
import { markup, type Markup } from './markup.ts';
import type { RunReport } from './model.ts';

type Problem = 'failure' | 'error' | undefined;

/** An experiment that was to be run and was not, and why. */
export interface NotRun {
  name: string;
  reason: string;
}

/** One `<testsuite>`, and what it adds to the totals. */
interface Suite {
  problems: Problem[];
  tookMs: number;
  write: (totals: Markup) => Markup;
}

/** The system failed: a failure. We can't tell, were not allowed or failed ourselves: an error. Neither is ever a pass. */
function problemOfVerdict(verdict: string): Problem {
  if (verdict === 'passed') return undefined;
  return verdict === 'failed' || verdict === 'aborted' ? 'failure' : 'error';
}

function problemOfIteration(outcome: string): Problem {
  if (outcome === 'held' || outcome === 'walked') return undefined;
  return outcome === 'stopped' || outcome === 'not-recovered' ? 'failure' : 'error';
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(3);

function testcase(suite: string, name: string, timeMs: number, problem: Problem, type: string, text: string): Markup {
  const head = markup`<testcase classname="${suite}" name="${name}" time="${seconds(timeMs)}"`;
  if (!problem) return markup`    ${head}/>\n`;
  const body =
    problem === 'failure' ? markup`<failure message="${text}" type="${type}"/>` : markup`<error message="${text}" type="${type}"/>`;
  return markup`    ${head}>${body}</testcase>\n`;
}

const ofIteration = (suite: string, row: IterationRow): Markup =>
  testcase(
    suite,
    `wave ${place(row.wave, row.iteration)}`,
    row.faultMs ?? 0,
    problemOfIteration(row.outcome),
    row.outcome,
    `${row.outcome}; recovery: ${row.recovery}`,
  );

const ofVerdict = (suite: string, tookMs: number, { verdict, reason, hypothesis }: Answer): Markup =>
  testcase(suite, `hypothesis: ${hypothesis}`, tookMs, problemOfVerdict(verdict), verdict, reason);

function suiteOf(report: RunReport): Suite {
  const { run } = report;
  const told = answer(report);
  const rows = iterationRows(report);
  const tookMs = (run.closedAtMs ?? run.startedAtMs) - run.startedAtMs;
  const properties = [
    ...[
      ['workflowId', run.workflowId],
      ['verdict', told.verdict],
      ['reason', told.reason],
      ['environment', run.environment],
    ],
    ...[
      ['service', run.service],
      ['planDigest', run.planDigest],
      ['leftovers', told.leftovers.join('; ')],
    ],
  ].map(([name, value]) => markup`      <property name="${name}" value="${value}"/>\n`);
  return {
    problems: [...rows.map(({ outcome }) => problemOfIteration(outcome)), problemOfVerdict(told.verdict)],
    tookMs,
    write: (totals) => markup`  <testsuite name="${run.name}" ${totals} timestamp="${new Date(run.startedAtMs).toISOString()}">
    <properties>\n${properties}    </properties>
${rows.map((row) => ofIteration(run.name, row))}${ofVerdict(run.name, tookMs, told)}  </testsuite>\n`,
  };
}

const suiteOfNotRun = ({ name, reason }: NotRun): Suite => ({
  problems: ['error'],
  tookMs: 0,
  write: (totals) =>
    markup`  <testsuite name="${name}" ${totals}>\n${testcase(name, 'was run', 0, 'error', 'not-run', reason)}  </testsuite>\n`,
});

function totalsOf(suites: readonly Suite[]): Markup {
  const problems = suites.flatMap((suite) => suite.problems);
  const count = (kind: Problem): number => problems.filter((problem) => problem === kind).length;
  const tookMs = suites.reduce((sum, suite) => sum + suite.tookMs, 0);
  return markup`tests="${problems.length}" failures="${count('failure')}" errors="${count('error')}" time="${seconds(tookMs)}"`;
}

/** JUnit XML for CI systems: a suite per run, in it one test case per iteration of a wave and one for the verdict. */
export function renderJunit(reports: readonly RunReport[], notRun: readonly NotRun[] = []): string {
  const suites = [...reports.map(suiteOf), ...notRun.map(suiteOfNotRun)];
  const written = suites.map((suite) => suite.write(totalsOf([suite])));
  return markup`<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="breakwater" ${totalsOf(suites)}>\n${written}</testsuites>\n`.text;
}
