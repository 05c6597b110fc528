import type { ConstraintTable } from './constraints/define.ts';
import { constraints } from './constraints/index.ts';
import { coverageOf, readCases, runCase, type CaseResult, type Coverage } from './cases.ts';
import { readPolicies, type PolicySet } from './folder.ts';
import { askRego, type RegoPort } from './rego.ts';

/** What `breakwater policy test` found. */
export interface PolicyTest {
  digest: string;
  /** SHA-256 of the Rego bundle that was asked, too. */
  bundle?: string;
  results: CaseResult[];
  coverage: Coverage[];
  /** Demands that some case needs, as a share of all, 0–1. */
  covered: number;
}

/** What a folder is tested with; what is left out is not asked. */
export interface TestedWith {
  set?: PolicySet;
  /** What the demands of rules mean; another one in tests. */
  table?: ConstraintTable;
  rego?: RegoPort;
}

/** Runs all cases of a folder against its policies, and a Rego bundle. @throws ExperimentError when something in it cannot be read */
export async function testPolicies(
  folder: string,
  nowMs: number,
  { set = readPolicies(folder), table = constraints, rego }: TestedWith = {},
): Promise<PolicyTest> {
  const results: CaseResult[] = [];
  let bundle: string | undefined;
  for (const one of readCases(folder, nowMs)) {
    const outside = rego ? [await askRego(one.facts, rego)] : [];
    bundle = outside[0]?.identity ?? bundle;
    results.push(runCase(one, set, { table, outside }));
  }
  const coverage = coverageOf(set, results, Object.keys(constraints));
  const covered = coverage.filter(({ decides }) => decides > 0).length / coverage.length;
  return { digest: set.digest, ...(bundle !== undefined && { bundle }), results, coverage, covered };
}
