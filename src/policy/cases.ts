import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makePlan } from '../language/digest.ts';
import { readAs } from '../language/read-as.ts';
import { readExperimentFile } from '../language/read.ts';
import { readSource } from '../language/source.ts';
import { factsGiven, PolicyCases, type PolicyCase } from './cases-schema.ts';
import { describeDenial, type Denial } from './decision.ts';
import { factsOf, type Facts } from './facts.ts';
import type { PolicySet } from './folder.ts';
import { decide, type Judges } from './policy.ts';

/** A case with its facts, and where it stands. */
export interface ReadyCase {
  name: string;
  file: string;
  line: number;
  facts: Facts;
  expect: PolicyCase['expect'];
}

/** What came out of a case. */
export interface CaseResult {
  name: string;
  file: string;
  line: number;
  passed: boolean;
  /** Rules that were expected to deny and did not; denials that nobody expected, in words. */
  missing: string[];
  unexpected: string[];
  /** All that denied, as `rule.constraint`. */
  denied: string[];
}

/** A demand of a rule, and how many cases it decides as expected. */
export interface Coverage {
  demand: string;
  decides: number;
}

/** `policy/rule.constraint`; of a guardrail its name. */
export const demandOf = ({ rule, constraint }: Pick<Denial, 'rule' | 'constraint'>): string =>
  constraint === undefined ? rule : `${rule}.${constraint}`;

/** The names of the case files of a folder. */
const caseFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /\.cases\.(ya?ml|json)$/.test(name))
    .sort()
    .map((name) => join(folder, name));

/** Reads all cases of a folder. @throws ExperimentError with everything that is wrong in a file */
export const readCases = (folder: string, nowMs: number): ReadyCase[] => caseFiles(folder).flatMap((file) => readCaseFile(file, nowMs));

function readCaseFile(file: string, nowMs: number): ReadyCase[] {
  const { value, locate } = readAs(PolicyCases, readSource(file), file);
  const { at: defaultAt, ...defaults } = value.defaults;
  return value.cases.map(({ name, at = defaultAt, given, experiment, expect }, i) => {
    const atMs = at === undefined ? nowMs : Date.parse(at);
    const requestedBy = defaults.requestedBy ?? 'nobody';
    const facts =
      experiment === undefined
        ? factsGiven({ ...defaults, ...given }, atMs)
        : factsOf(makePlan(readExperimentFile(join(dirname(file), experiment)).document, 0, 1), { atMs, requestedBy });
    return { name, file, line: locate(['cases', i], 'value').line, facts, expect };
  });
}

/** Whether an expected entry, with or without its constraint, names the denial. */
const names = (expected: string, denial: Denial): boolean => expected === denial.rule || expected === demandOf(denial);

/** Asks the policies about one case. @param judges what is asked beside the files */
export function runCase({ name, file, line, facts, expect }: ReadyCase, set?: PolicySet, judges?: Omit<Judges, 'set'>): CaseResult {
  const { denials } = decide(facts, set, judges);
  const expected = expect === 'allow' ? [] : expect.deny;
  const missing = expected.filter((one) => !denials.some((denial) => names(one, denial)));
  const unexpected = denials.filter((denial) => !expected.some((one) => names(one, denial))).map(describeDenial);
  return {
    name,
    file,
    line,
    passed: missing.length + unexpected.length === 0,
    missing,
    unexpected,
    denied: [...new Set(denials.map(demandOf))],
  };
}

/** Every demand of every rule, with the cases that pass because of it. What no case needs is not tested: it could be deleted, and nobody would notice. */
export function coverageOf(set: PolicySet, results: readonly CaseResult[], demands: readonly string[]): Coverage[] {
  const passed = results.filter((result) => result.passed);
  return set.rules.flatMap(({ name, rule }) =>
    demands
      .filter((constraint) => rule[constraint as keyof typeof rule] !== undefined)
      .map((constraint) => {
        const demand = demandOf({ rule: name, constraint });
        return { demand, decides: passed.filter(({ denied }) => denied.includes(demand)).length };
      }),
  );
}
