import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { factsGiven } from '../../src/policy/cases-schema.ts';
import { openPolicies, readPolicies } from '../../src/policy/folder.ts';
import type { SiteEnvironments } from '../../src/domain/site-environments.ts';
import { decide, evaluateFacts } from '../../src/policy/policy.ts';
import { policyText, setOf, withFolder } from './set.ts';

const facts = factsGiven({ environment: 'staging' }, Date.UTC(2026, 2, 11));
const problemsOf = (files: Record<string, string>): string =>
  withFolder(files, (folder) => {
    try {
      readPolicies(folder);
      return 'read';
    } catch (error) {
      return (error as Error).message.replaceAll(folder, '');
    }
  });
const rule = (demand: object, more: object = {}) => ({ name: 'one', ...more, ...demand });
const weekly = { rrule: 'FREQ=WEEKLY;BYDAY=TU', start: '2026-01-05T10:00', duration: '1h', zone: 'Europe/Berlin' };

describe('what is wrong with a policy is told with its place', () => {
  test.each([
    [
      'a demand that nobody knows',
      rule({ maxVictms: 1, maxVictims: 1 }),
      /test\.yaml:9:5 rules\[0\]\.maxVictms: unknown key; did you mean 'maxVictims'\?/,
    ],
    ['a condition that nobody knows', rule({ deny: 'never' }, { when: { enviroment: 'x' } }), /did you mean 'environment'\?/],
    ['no demand', rule({}), /the rule demands nothing/],
    ['an empty unless', rule({ deny: 'never' }, { unless: {} }), /an empty `unless` fits everything/],
    ['a zone', rule({ windows: [{ ...weekly, zone: 'Berlin' }] }), /expected an IANA time zone/],
    ['a rule of recurrence', rule({ windows: [{ ...weekly, rrule: 'FREQ=HOURLY' }] }), /RFC 5545 rule that begins with FREQ=DAILY/],
    ['a time that is none', rule({ blackouts: [{ ...weekly, start: '2026-13-05T10:00' }] }), /expected a time that exists/],
    [
      'a calendar that is not there',
      rule({ blackouts: [{ calendar: 'x.ics', zone: 'UTC' }] }),
      /rules\[0\]\.blackouts\[0\]: there is no x\.ics beside the policy/,
    ],
    ['a calendar elsewhere', rule({ blackouts: [{ calendar: '../x.ics', zone: 'UTC' }] }), /expected the name of an \.ics file/],
    ['a country', rule({ blackouts: [{ holidays: 'XX', zone: 'UTC' }] }), /no holidays are known of XX/],
    ['a day', rule({ blackouts: [{ day: 'blak-friday', zone: 'UTC' }] }), /black-friday/],
    [
      'a misspelt variable',
      rule({ cel: { expression: 'enviroment == "x"', reason: 'because' } }),
      /rules\[0\]\.cel\.expression: Unknown variable: enviroment/,
    ],
    ['a misspelt field', rule({ cel: { expression: 'wave.holdSecs < 3.0', reason: 'because' } }), /cel\.expression: .*holdSecs/],
    [
      'an expression that is a number',
      rule({ cel: { expression: 'approvals + 1', reason: 'because' } }),
      /it gives int, and true or false is expected/,
    ],
    ['an expression that is cut off', rule({ cel: { expression: 'environment ==', reason: 'because' } }), /cel\.expression: /],
    [
      'an expression without end',
      rule({ cel: { expression: Array(200).fill('approvals == 1').join(' || '), reason: 'because' } }),
      /cel\.expression: /,
    ],
  ])('%s', (_what, one, expected) => {
    expect(problemsOf({ 'test.yaml': policyText([one]) })).toMatch(expected);
  });

  test('two rules of one name, and two policies of one name', () => {
    expect(problemsOf({ 'test.yaml': policyText([rule({ deny: 'never' }), rule({ deny: 'never' })]) })).toMatch(
      /rules\[1\]\.name: .*rule of this name above/,
    );
    const same = policyText([rule({ deny: 'never' })]);
    expect(problemsOf({ 'a.yaml': same, 'b.yaml': same })).toMatch(
      /b\.yaml:\d+:\d+ metadata\.name: the policy in a\.yaml has this name already/,
    );
  });

  test('a folder without a policy, and none at all', () => {
    expect(problemsOf({ 'x.cases.yaml': 'a: 1', 'x.ics': '' })).toMatch(/holds no policy/);
    expect(() => readPolicies('/nonexistent/policies')).toThrow(/ENOENT/);
  });

  test('every problem of every file is told at once', () => {
    const told = problemsOf({ 'a.yaml': policyText([rule({})], 'a'), 'b.yaml': policyText([rule({ maxHold: 3 })], 'b'), 'c.yaml': 'a: [' });
    expect(told.split('\n').map((line) => line.slice(0, 7))).toEqual(expect.arrayContaining(['/a.yaml', '/b.yaml', '/c.yaml']));
  });
});

describe('fail closed', () => {
  test('what cannot be read denies, and says why', async () => {
    const decision = await evaluateFacts(facts, { policies: openPolicies('/nonexistent/policies') });
    expect(decision).toMatchObject({ allowed: false, denials: [{ rule: 'policy-unreadable' }] });
    expect(decision.denials[0]?.reason).toContain('ENOENT');
    expect(decision).not.toHaveProperty('fromFiles');
  });

  test.each([
    ['a field that is not there', 'labels["team"] == "x"'],
    ['a division by zero', '1 / (approvals - approvals) == 1'],
    ['false', 'approvals > 3'],
  ])('an expression that comes to %s denies', (_what, expression) => {
    const [denial] = decide(facts, setOf([rule({ cel: { expression, reason: 'because' } })])).denials;
    expect(denial).toMatchObject({ rule: 'test/one', constraint: 'cel', reason: 'because', limit: expression, contact: '#us' });
  });

  test('a tier that is not stated escapes no rule: neither by `when` nor by `unless`', () => {
    const asked = (more: object, tier?: string) =>
      decide({ ...facts, ...(tier !== undefined && { tier }) }, setOf([rule({ deny: 'never' }, more)])).allowed;
    expect([
      asked({ when: { tier: 'tier-1' } }),
      asked({ when: { tier: 'tier-1' } }, 'tier-1'),
      asked({ when: { tier: 'tier-1' } }, 'tier-2'),
    ]).toEqual([false, false, true]);
    expect([
      asked({ unless: { tier: 'tier-3' } }),
      asked({ unless: { tier: 'tier-3' } }, 'tier-3'),
      asked({ unless: { tier: 'tier-3' } }, 'tier-2'),
    ]).toEqual([false, true, false]);
  });

  test('guardrails hold whatever the files say', () => {
    const { allowed, denials } = decide({ ...facts, dataClass: 'pci' }, setOf([rule({ maxVictims: 100 })]));
    expect([allowed, denials.map((denial) => denial.rule)]).toEqual([false, ['no-regulated-data']]);
  });
  test('a site that holds another environment, or is not named, is denied whatever the files say, and the setting is in the digest', () => {
    const said = (siteEnvironments: SiteEnvironments) => decide(facts, setOf([rule({ maxVictims: 100 })]), { siteEnvironments });
    for (const siteEnvironments of [{ [facts.site]: ['elsewhere'] }, { other: [facts.environment] }, {}])
      expect(said(siteEnvironments).denials).toMatchObject([
        { rule: 'site-environment', reason: expect.stringContaining(facts.environment) as string },
      ]);
    const open = said({ [facts.site]: ['elsewhere', facts.environment] });
    expect(open).toMatchObject({ allowed: true, applied: expect.arrayContaining(['site-environment']) as string[] });
    expect(open.policyDigest).not.toBe(said({ [facts.site]: [facts.environment] }).policyDigest);
  });
});

describe('digests', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'breakwater-policy-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

  /** A folder that is asked, and what is done to it between two readings. */
  const asking = (...changes: (() => void)[]) => {
    let settled = 0;
    const source = openPolicies(folder, () => {
      settled += 1;
      changes.shift()?.();
      return Promise.resolve();
    });
    return { ask: () => evaluateFacts(facts, { policies: source }), settled: () => settled };
  };

  test('the folder is read at each evaluation: a change holds at once, and shows in the digest', async () => {
    const { ask, settled } = asking();
    write('test.yaml', policyText([rule({ maxVictims: 5 })]));
    const first = await ask();
    expect([first.allowed, (await ask()).policyDigest, settled()]).toEqual([true, first.policyDigest, 1]);
    write('test.yaml', policyText([rule({ maxVictims: 0 })]));
    const second = await ask();
    expect([second.allowed, second.policyDigest === first.policyDigest, second.inputDigest]).toEqual([false, false, first.inputDigest]);
    write('test.yaml', 'not a policy');
    expect(await ask()).toMatchObject({ allowed: false, denials: [{ rule: 'policy-unreadable' }] });
    write('test.yaml', policyText([rule({ maxVictims: 5 })]));
    expect(await ask()).toEqual(first);
  });

  const strict = policyText([rule({ deny: 'never' })], 'strict');
  const lax = policyText([rule({ maxVictims: 5 })], 'lax');

  test('a folder that is half written when it is read allows no more than it does when it is whole, the first time too', async () => {
    write('lax.yaml', lax);
    const begun = asking(() => write('strict.yaml', strict));
    expect(await begun.ask()).toMatchObject({ allowed: false, denials: [{ rule: 'strict/one' }] });
    rmSync(join(folder, 'strict.yaml')); // as `git pull` does: it takes away, and then writes
    const pulled = asking(() => write('strict.yaml', strict.replace('never', 'not today')));
    expect(await pulled.ask()).toMatchObject({ allowed: false, denials: [{ reason: 'not today' }] });
  });

  test('what comes back to what it was holds at once', async () => {
    write('lax.yaml', lax);
    write('strict.yaml', strict);
    const { ask, settled } = asking(
      () => undefined,
      () => write('strict.yaml', strict),
    );
    const before = await ask();
    rmSync(join(folder, 'strict.yaml'));
    expect([await ask(), settled()]).toEqual([before, 2]);
  });

  test('a folder that does not hold still denies, and allows again when it does', async () => {
    let version = 0;
    const change = (): void => write('lax.yaml', policyText([rule({ maxVictims: (version += 1) })], 'lax'));
    change();
    const { ask } = asking(change, change, change);
    const { allowed, denials } = await ask();
    expect([allowed, denials[0]?.rule]).toEqual([false, 'policy-unreadable']);
    expect(denials[0]?.reason).toContain('is being changed');
    expect((await ask()).allowed).toBe(true);
  });

  test('a calendar counts; cases and what the folder is called do not', () => {
    const text = policyText([rule({ maxVictims: 5 })]);
    const digest = (files: Record<string, string>): string =>
      withFolder({ 'test.yaml': text, ...files }, (dir) => readPolicies(dir).digest);
    expect(digest({ 'x.ics': 'a' })).not.toBe(digest({ 'x.ics': 'b' }));
    expect(digest({ 'x.cases.yaml': 'a' })).toBe(digest({ 'x.cases.yaml': 'b' }));
  });

  test('other facts, another input digest', () => {
    expect(decide(facts).inputDigest).not.toBe(decide({ ...facts, atMs: facts.atMs + 1 }).inputDigest);
    expect(decide(facts).inputDigest).toBe(decide({ ...facts }).inputDigest);
  });
});
