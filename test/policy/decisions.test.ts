import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { demandOf } from '../../src/policy/cases.ts';
import { factsGiven, Given } from '../../src/policy/cases-schema.ts';
import { readPolicies } from '../../src/policy/folder.ts';
import { decide } from '../../src/policy/policy.ts';
import { examples } from './set.ts';

interface Row {
  at: string;
  given: Given;
  answer: string[];
}

/** The table: `=` begins a group, a row is `when | given | answer`. */
function readTable(text: string): Row[] {
  let defaults: object = {};
  return text.split('\n').flatMap((line): Row[] => {
    if (line.startsWith('#') || line.trim() === '') return [];
    if (line.startsWith('=')) {
      defaults = parse(line.slice(1)) as object;
      return [];
    }
    const [at = '', given = '', answer = ''] = line.split(' | ').map((cell) => cell.trim());
    if (Number.isNaN(Date.parse(at)) || answer === '') throw new Error(`not a row: ${line}`);
    const written = parse(given) as object;
    return [{ at, given: Given.parse({ ...defaults, ...written }), answer: answer === 'allow' ? [] : answer.split(', ').sort() }];
  });
}

const set = readPolicies(examples);
const rows = readTable(readFileSync(join(__dirname, 'decisions.txt'), 'utf8'));

test('the table has 150 decisions at least', () => {
  expect(rows.length).toBeGreaterThanOrEqual(150);
});

test.each(rows.map((row, i) => [i + 1, row.at, row.answer.join(', ') || 'allow', row] as const))(
  '%i: %s %s',
  (_i, _at, _answer, { at, given, answer }) => {
    const { allowed, denials } = decide(factsGiven(given, Date.parse(at)), set);
    expect([...new Set(denials.map(demandOf))].sort()).toEqual(answer);
    expect(allowed).toBe(answer.length === 0);
    for (const { reason, rule, contact, value } of denials) {
      expect(reason).not.toMatch(/could not be evaluated/);
      if (!rule.includes('/')) continue;
      expect(contact).toBeTruthy();
      expect(value !== undefined || rule.endsWith('known-environments')).toBe(true);
    }
  },
);
