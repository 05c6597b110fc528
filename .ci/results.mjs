/**
 * What the test runs of CI say, read from the lines that reporter.mjs wrote.
 *   node .ci/results.mjs again FIRST            files whose every failure is one of the machine's speed, one per line
 *   node .ci/results.mjs report FIRST SECOND    names each failure briefly, then `passed failed skipped` on the last line
 * A test that missed the moment at which it wanted to kill, or ran out of its own time, has seen nothing of Breakwater: its file is played once
 * more, by itself. A wrong answer counts at once, and so does a wait for what was promised ('everybody runs again').
 */
import { readFileSync } from 'node:fs';

const RAN_OUT = /the moment was missed: |Exceeded timeout of \d+ ms/;
/** More than this is no mishap. */
const MOST_AGAIN = 4;
const BRIEF = 500;

const [, , command, firstFile, secondFile] = process.argv;

/** The outcomes by file, and whether the run came to its end. Files that were never played are not known here. */
function read(file) {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const suites = lines.filter(({ path }) => path);
  const planned = lines.find(({ files }) => files !== undefined)?.files;
  return { suites, isWhole: planned === suites.length };
}
const failuresOf = ({ tests }) => tests.filter(({ status }) => status === 'failed');
const hasFailed = (suite) => suite.broken !== undefined || failuresOf(suite).length > 0;
const onlyRanOut = (suite) =>
  suite.broken === undefined && failuresOf(suite).every(({ failureMessages }) => failureMessages.every((text) => RAN_OUT.test(text)));

/** Without colours, hints and frames of libraries. */
const brief = (text) =>
  text
    .replaceAll(/\u001b\[\d+m/g, '')
    .split('\n')
    .filter((line) => !/^\s*(Hint.*|at .*node_modules.*)?$/.test(line))
    .join('\n    ')
    .slice(0, BRIEF);

function tell(word, suite) {
  for (const { fullName, failureMessages } of failuresOf(suite))
    console.log(`${word} ${suite.path}\n  ${fullName}\n    ${brief(failureMessages.join('\n'))}`);
  if (suite.broken !== undefined) console.log(`${word} ${suite.path}\n    ${brief(suite.broken)}`);
}

const first = read(firstFile);
if (command === 'again') {
  const failed = first.suites.filter(hasFailed);
  if (first.isWhole && failed.length <= MOST_AGAIN && failed.every(onlyRanOut)) for (const { path } of failed) console.log(path);
} else {
  const second = new Map(read(secondFile).suites.map((suite) => [suite.path, suite]));
  const count = { passed: 0, failed: 0, pending: 0, todo: 0 };
  for (const suite of first.suites) {
    const again = second.get(suite.path);
    if (again) tell('OUT OF TIME, and played again by itself:', suite);
    const last = again ?? suite;
    tell('FAILED', last);
    for (const { status } of last.tests) count[status] = (count[status] ?? 0) + 1;
    if (last.broken !== undefined && failuresOf(last).length === 0) count.failed += 1;
  }
  if (!first.isWhole) {
    console.log(
      `FAILED jest ended before its last file; it had played ${first.suites.length}, the last of them ${first.suites.at(-1)?.path}`,
    );
    count.failed += 1;
  }
  console.log(`${count.passed} ${count.failed} ${count.pending + count.todo}`);
}
