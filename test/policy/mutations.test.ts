import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { runCase, readCases, type ReadyCase } from '../../src/policy/cases.ts';
import type { ConstraintName, ConstraintTable } from '../../src/policy/constraints/define.ts';
import { constraints } from '../../src/policy/constraints/index.ts';
import { readPolicies, type PolicySet } from '../../src/policy/folder.ts';
import { examples, withFolder } from './set.ts';

type Json = Record<string, unknown>;
const policyFiles = ['everywhere.yaml', 'production.yaml'];
const text = (name: string): string => readFileSync(join(examples, name), 'utf8');
const cases = readCases(examples, 0);

/** The first case that a set of policies fails. */
const redCase = (set: PolicySet, table?: ConstraintTable): ReadyCase | undefined =>
  cases.find((one) => !runCase(one, set, { ...(table && { table }) }).passed);

/** What a rule may be changed to, each with its name: something left out, or a limit moved by the least that matters. */
function mutants(value: unknown, path: string[]): [name: string, change: (parent: Json | unknown[]) => void][] {
  const key = path.at(-1) ?? '';
  const at = (parent: Json | unknown[], next: unknown): void => {
    (parent as Json)[key] = next;
  };
  if (typeof value === 'number')
    return [
      ['+1', (parent) => at(parent, value + 1)],
      ['-1', (parent) => at(parent, value - 1)],
    ];
  if (Array.isArray(value) && value.length > 1)
    return value.map((_, i) => [
      `without [${i}]`,
      (parent) =>
        at(
          parent,
          value.filter((__, j) => j !== i),
        ),
    ]);
  if (typeof value === 'string' && /^\d+m$/.test(value)) return [['doubled', (parent) => at(parent, `${Number.parseInt(value, 10) * 2}m`)]];
  if (typeof value === 'string' && value.endsWith('%')) return [['doubled', (parent) => at(parent, `${Number.parseInt(value, 10) * 2}%`)]];
  return [];
}

interface Mutant {
  name: string;
  file: string;
  document: Json;
}

/** Every mutant of a policy file: each demand and condition left out, each list shortened, each number moved. */
function mutantsOf(file: string): Mutant[] {
  const original = (): Json => parse(text(file)) as Json;
  const found: Mutant[] = [];
  const add = (name: string, change: (rule: Json) => void, i: number): void => {
    const document = original();
    change((document['rules'] as Json[])[i]!);
    found.push({ name: `${file} ${name}`, file, document });
  };
  for (const [i, rule] of (original()['rules'] as Json[]).entries()) {
    const ruleName = String(rule['name']);
    for (const [key, value] of Object.entries(rule)) {
      if (key === 'name' || key === 'description') continue;
      if (key === 'when' || key === 'unless') {
        for (const condition of Object.keys(value as Json))
          add(`${ruleName}: ${key} without ${condition}`, (one) => delete (one[key] as Json)[condition], i);
        continue;
      }
      add(
        `${ruleName}: without ${key}`,
        (one) => {
          delete one[key];
          one['maxVictims'] ??= 1_000; // a rule that demands nothing would be refused
        },
        i,
      );
      for (const [name, change] of mutants(value, [key])) add(`${ruleName}: ${key} ${name}`, change, i);
    }
  }
  return found;
}

/** Conditions that change nothing here: no case could tell. Each with its reason. */
const equivalent: Record<string, string> = {
  'everywhere.yaml known-environments: unless without environment': 'refused: an empty unless',
};

const all = policyFiles.flatMap(mutantsOf);

describe('mutants of the example policies', () => {
  test('there are many', () => expect(all.length).toBeGreaterThan(50));
  test('the originals are green', () => expect(redCase(readPolicies(examples))).toBeUndefined());

  test.each(all.map((mutant) => [mutant.name, mutant] as const))('%s: some case is red, or it is refused', (name, { file, document }) => {
    const files = Object.fromEntries([...policyFiles, 'freezes.ics'].map((one) => [one, one === file ? stringify(document) : text(one)]));
    const outcome = withFolder(files, (folder) => {
      try {
        return redCase(readPolicies(folder));
      } catch {
        return 'refused';
      }
    });
    if (name in equivalent) expect(outcome).toBe('refused');
    else expect(outcome).toBeDefined();
  });
});

describe('mutants of what demands mean', () => {
  const set = readPolicies(examples);
  const names = Object.keys(constraints) as ConstraintName[];

  test.each(names)('%s always satisfied: some case is red', (name) => {
    expect(redCase(set, { ...constraints, [name]: () => undefined })).toBeDefined();
  });

  const judging = names.filter((name) => name !== 'deny'); // `deny` is never satisfied

  test.each(judging)('%s never satisfied: some case is red', (name) => {
    expect(redCase(set, { ...constraints, [name]: () => ({ reason: 'mutant' }) })).toBeDefined();
  });

  test.each(judging)('%s throws: it denies', (name) => {
    const broken = () => {
      throw new Error('mutant');
    };
    expect(redCase(set, { ...constraints, [name]: broken })).toBeDefined();
  });
});
