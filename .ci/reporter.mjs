import { appendFileSync } from 'node:fs';

/**
 * Writes down each test file's outcome as it ends, one JSON object per line, so that the totals are known even when jest itself fails afterwards: its
 * own JSON is written last of all, after the tear-down. The file is named by BREAKWATER_CI_RESULTS.
 */
export default class ResultsAsTheyCome {
  #file = process.env.BREAKWATER_CI_RESULTS;

  onTestFileResult({ path }, { testResults, testExecError, failureMessage }) {
    const tests = testResults.map(({ fullName, status, failureMessages }) => ({ fullName, status, failureMessages }));
    this.#write({ path, tests, ...(testExecError && { broken: failureMessage ?? String(testExecError.message ?? testExecError) }) });
  }

  /** Without this line not everything was played. */
  onRunComplete(_contexts, { numTotalTestSuites }) {
    this.#write({ files: numTotalTestSuites });
  }

  #write(line) {
    if (this.#file) appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}
