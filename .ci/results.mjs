/**
 * What the test runs of CI say, read from jest's JSON.
 *   node .ci/results.mjs again FIRST            files whose every failure is one of the machine's speed, one per line
 *   node .ci/results.mjs report FIRST [SECOND]  names each failure briefly, then `passed failed skipped` on the last line
 * A test that missed the moment at which it wanted to kill, or ran out of its own time, has seen nothing of Breakwater: its file is played once
 * more, by itself. A wrong answer counts at once, and so does a wait for what was promised ('everybody runs again').
 */
import { readFileSync } from 'node:fs';

const RAN_OUT = /the moment was missed: |Exceeded timeout of \d+ ms/;
/** More than this is no mishap. */
const MOST_AGAIN = 4;
const BRIEF = 500;

const [, , command, firstFile, secondFile] = process.argv;
const suitesIn = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).testResults ?? [];
  } catch {
    return [];
  }
};
const failuresOf = ({ assertionResults }) => assertionResults.filter(({ status }) => status === 'failed');
const isBroken = (suite) => suite.status === 'failed' && suite.assertionResults.length === 0;
const onlyRanOut = (suite) =>
  failuresOf(suite).length > 0 && failuresOf(suite).every(({ failureMessages }) => failureMessages.every((text) => RAN_OUT.test(text)));

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
    console.log(`${word} ${suite.name}\n  ${fullName}\n    ${brief(failureMessages.join('\n'))}`);
  if (isBroken(suite)) console.log(`${word} ${suite.name}\n    ${brief(String(suite.message))}`);
}

const first = suitesIn(firstFile);
if (command === 'again') {
  const failed = first.filter((suite) => suite.status === 'failed');
  if (failed.length <= MOST_AGAIN && failed.every(onlyRanOut)) for (const { name } of failed) console.log(name);
} else {
  const second = new Map((secondFile ? suitesIn(secondFile) : []).map((suite) => [suite.name, suite]));
  const count = { passed: 0, failed: 0, pending: 0 };
  for (const suite of first) {
    const again = second.get(suite.name);
    if (again) tell('OUT OF TIME, and played again by itself:', suite);
    const last = again ?? suite;
    tell('FAILED', last);
    for (const { status } of last.assertionResults) count[status] = (count[status] ?? 0) + 1;
    if (isBroken(last)) count.failed += 1;
  }
  console.log(`${count.passed} ${first.length === 0 ? 1 : count.failed} ${count.pending + (count.todo ?? 0)}`);
}
