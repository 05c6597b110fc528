import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decide, RULES, type RunFacts } from '../../src/domain/verdict.ts';
import { breach, dryRun, facts, iteration, judgement, unproven } from './facts.ts';

/** One thing that each rule has something to say about. */
const triggers: Record<string, Partial<RunFacts>> = {
  leftovers: { leftovers: ['a pause'] },
  'platform-error': { error: 'the records are gone' },
  denied: { denied: 'no window' },
  'unrelated-incident': { incident: 'a region is down' },
  'aborted-by-person': { aborted: { by: 'ada', reason: 'coffee' } },
  'gate-closed': { gated: 'window' },
  'wave-denied': { waveDenied: 'canary passed in 1 of the 3 runs' },
};

test('the written table of rules is the one that decides', () => {
  const text = readFileSync(join(process.cwd(), 'docs/evidence.md'), 'utf8');
  const section = text.slice(text.indexOf('## Which rule decides'), text.indexOf('## Scores'));
  const written = [...section.matchAll(/^\| `([a-z-]+)` \| `([a-z]+)` \|/gm)].map(([, rule, verdict]) => [rule, verdict]);
  expect(written.map(([rule]) => rule)).toEqual(RULES.map(([name]) => name));
  for (const [rule = '', verdict] of written) {
    const change = triggers[rule];
    if (change) expect(decide(facts(change))).toMatchObject({ rule, verdict });
  }
});

test('of two that have something to say, the upper one decides, with its own numbers', () => {
  const rules = Object.keys(triggers);
  for (const [i, upper] of rules.entries())
    for (const lower of rules.slice(i + 1)) expect(decide(facts({ ...triggers[lower], ...triggers[upper] })).rule).toBe(upper);
});

test.each<[string, Partial<RunFacts>, string, RegExp]>([
  [
    'a refuted clause is louder than a wave that lacks evidence',
    { waveDenied: 'x', comparisons: [judgement({ outcome: 'refuted' })] },
    'comparison-refuted',
    /shifted by 60/,
  ],
  [
    'a crossed limit is louder than a fault without effect',
    { breach, iterations: [dryRun, iteration({ injections: [unproven] })] },
    'stop-condition',
    /it was 0\.2/,
  ],
  [
    'a wave that lacks evidence is louder than a comparison without an answer',
    { waveDenied: 'passed in 1 of 3', comparisons: [judgement()] },
    'wave-denied',
    /1 of 3/,
  ],
  [
    'a wave that lacks evidence explains why not all waves were run',
    { waveDenied: 'passed in 1 of 3', wavesPlanned: 4 },
    'wave-denied',
    /1 of 3/,
  ],
])('%s', (_what, change, rule, reason) => {
  expect(decide(facts(change)).rule).toBe(rule);
  expect(decide(facts(change)).reason).toMatch(reason);
});
