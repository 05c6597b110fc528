import { makePlan } from '../../src/language/digest.ts';
import { factsOf, type Facts } from '../../src/policy/facts.ts';
import { decide } from '../../src/policy/policy.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { setOf } from './set.ts';

const occasion = { atMs: Date.UTC(2026, 2, 11), requestedBy: 'ann' };
const route = { kind: 'http-route', namespace: 'shop', name: 'front', canary: 'front-canary' };
const fenced = (set?: string): Facts =>
  factsOf(makePlan({ ...experimentDocument(), traffic: { route, maxShare: '10%', ...(set !== undefined && { set }) } }, 1, 1), occasion);
const deny = (facts: Facts, demand: object) => decide(facts, setOf([{ name: 'one', ...demand }])).denials;

describe('what a traffic fence does is judged', () => {
  test('it follows each live wave, under its name; dry runs, and a fence that is only watched, change nothing', () => {
    const plain = factsOf(makePlan(experimentDocument(), 1, 1), occasion).waves;
    expect(plain.map(({ dryRun }) => dryRun)).toEqual([true, false]);
    expect(fenced().waves).toEqual(plain);
    expect(fenced('5%').waves).toEqual([...plain, { ...plain[1], fault: 'traffic-share', targetKind: 'route', namespace: 'shop' }]);
  });

  test.each([
    ['a protected namespace', { protectedNamespaces: 'shop' }, 'protectedNamespaces'],
    ['a target that is not allowed', { allowTargets: [{ kind: 'process' }] }, 'allowTargets'],
    ['a rule about its namespace', { when: { namespace: 'sh*' }, deny: 'never' }, 'deny'],
    ['a rule about its fault', { when: { fault: 'traffic-share' }, deny: 'never' }, 'deny'],
    ['an expression about the wave', { cel: { expression: 'wave.target != "route"', reason: 'because' } }, 'cel'],
    ['an expression about all waves', { cel: { expression: 'waves.all(w, w.namespace != "shop")', reason: 'because' } }, 'cel'],
  ])('%s denies it, for the run and before its wave', (_what, demand, constraint) => {
    expect(deny(fenced(), demand)).toEqual([]);
    expect(deny(fenced('5%'), demand)).toMatchObject([{ rule: 'test/one', constraint }]);
    expect(deny({ ...fenced('5%'), wave: 'single' }, demand)).toMatchObject([{ constraint, waves: ['single'] }]);
  });

  test('what is wrong with a wave and with its fence is said of the wave once', () => {
    expect(deny(fenced('5%'), { when: { wave: 'single' }, deny: 'never' })).toMatchObject([{ waves: ['single'] }]);
  });

  test('a wave that hits a route is in the namespace of the route', () => {
    const shift = { kind: 'traffic-share', route, share: '5%' };
    const document = { ...experimentDocument(), fault: shift, targets: { kind: 'route', route } };
    expect(deny(factsOf(makePlan(document, 1, 1), occasion), { protectedNamespaces: 'shop' })).toMatchObject([
      { constraint: 'protectedNamespaces', value: 'shop' },
    ]);
  });
});
