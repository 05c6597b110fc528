import TestRunner from 'jest-runner';

/** Runs one file at a time: for suites that share a cluster, whose nodes they drain and whose API server they trouble. */
export default class SerialRunner extends (TestRunner.default ?? TestRunner) {
  isSerial = true;
}
