import type { ConstraintTable } from './constraints/define.ts';
import { constraints } from './constraints/index.ts';
import { coverageOf, readCases, runCase, type CaseResult, type Coverage } from './cases.ts';
import { readPolicies, type PolicySet } from './folder.ts';

/** What `breakwater policy test` found. */
export interface PolicyTest {
  digest: string;
  results: CaseResult[];
  coverage: Coverage[];
  /** Demands that some case needs, as a share of all, 0–1. */
  covered: number;
}

/** Runs all cases of a folder against its policies. @throws ExperimentError when something in it cannot be read */
export function testPolicies(
  folder: string,
  nowMs: number,
  set: PolicySet = readPolicies(folder),
  table: ConstraintTable = constraints,
): PolicyTest {
  const results = readCases(folder, nowMs).map((one) => runCase(one, set, table));
  const coverage = coverageOf(set, results, Object.keys(constraints));
  return { digest: set.digest, results, coverage, covered: coverage.filter(({ decides }) => decides > 0).length / coverage.length };
}
