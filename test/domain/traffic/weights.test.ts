import fc from 'fast-check';
import { fenceRefusal } from '../../../src/domain/traffic/fence.ts';
import { fenceFault } from '../../../src/domain/traffic/order.ts';
import { readHttpRoute } from '../../../src/domain/traffic/http-route.ts';
import { isWithin, shareOf, weightsFor, type Rule } from '../../../src/domain/traffic/rules.ts';
import { isSetting, settingFor, settingOf, withWeights } from '../../../src/domain/traffic/setting.ts';
import { trafficShare } from '../../../src/faults/traffic-share.ts';

const ruleOf = (canary: number, others: number[]): Rule => ({
  section: 'rules',
  index: 0,
  backends: [canary, ...others].map((weight, i) => ({ name: `b${i}`, weight, counts: weight, isCanary: i === 0 })),
});
const withThese = (rule: Rule, weights: number[]): Rule => ({
  ...rule,
  backends: rule.backends.map((backend, i) => ({ ...backend, weight: weights[i]!, counts: weights[i]! })),
});
const weight = fc.integer({ min: 0, max: 100 });
const others = fc.array(weight, { minLength: 1, maxLength: 5 }).filter((all) => all.some((one) => one > 0));
const share = fc.integer({ min: 0, max: 9_999 }).map((steps) => steps / 10_000);

test('the canary gets exactly the share, the others keep their proportions, and all are whole numbers that a route takes', () =>
  fc.assert(
    fc.property(weight, others, share, (canary, rest, wanted) => {
      const rule = ruleOf(canary, rest);
      const weights = weightsFor(rule, wanted);
      if (typeof weights === 'string') return expect(weights).toMatch(/over 1000000/);
      expect(weights.every((one) => Number.isInteger(one) && one >= 0 && one <= 1_000_000)).toBe(true);
      const set = shareOf(withThese(rule, weights));
      expect(set).toBeCloseTo(wanted, 10);
      expect(isWithin(set, wanted)).toBe(true);
      const total = rest.reduce((sum, one) => sum + one, 0);
      const left = weights.slice(1).reduce((sum, one) => sum + one, 0);
      rest.forEach((one, i) => expect(weights[i + 1]! * total).toBe(one * left));
    }),
  ));

test('what is written as a percentage is read back as the same share', () =>
  fc.assert(
    fc.property(share, (wanted) => {
      const route = { kind: 'http-route', namespace: 'shop', name: 'web', canary: 'c' } as const;
      const { share: parsed } = trafficShare.schema.parse(fenceFault({ route }, wanted));
      expect(weightsFor(ruleOf(1, [1]), parsed)).toEqual(weightsFor(ruleOf(1, [1]), wanted));
    }),
  ));

test.each<[string, Rule, number, number[] | RegExp]>([
  ['add up to 100 where they can', ruleOf(20, [80]), 0.05, [5, 95]],
  ['of three', ruleOf(10, [60, 30]), 0.1, [10, 60, 30]],
  ['proportions before a round sum', ruleOf(1, [2, 1]), 0.05, [3, 38, 19]],
  ['nothing', ruleOf(20, [80]), 0, [0, 100]],
  ['a share finer than the steps is rounded down', ruleOf(1, [1]), 0.000_19, [1, 9_999]],
  ['57 %, which is no exact fraction', ruleOf(1, [1]), 0.57, [57, 43]],
  ['nobody else', ruleOf(1, []), 0.05, /who would take the rest/],
  ['nobody else with any', ruleOf(1, [0, 0]), 0.05, /who would take the rest/],
])('weights: %s', (_, rule, wanted, expected) => {
  const weights = weightsFor(rule, wanted);
  if (expected instanceof RegExp) expect(weights).toMatch(expected);
  else expect(weights).toEqual(expected);
});

test('a canary that a rule names twice cannot be weighted', () => {
  const rule = ruleOf(1, [1, 1]);
  rule.backends[1]!.isCanary = true;
  expect(weightsFor(rule, 0.1)).toMatch(/names the canary 2 times/);
});

describe('a list is written whole', () => {
  const backend = (name: string, more: object = {}) => ({ name, port: 80, group: '', kind: 'Service', ...more });
  const spec = {
    hostnames: ['web.example.com'],
    rules: [
      { matches: [{ path: { type: 'PathPrefix', value: '/docs' } }], backendRefs: [backend('docs', { weight: 3 })] },
      {
        matches: [{ path: { type: 'PathPrefix', value: '/' } }],
        filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { add: [{ name: 'a', value: 'b' }] } }],
        timeouts: { request: '5s' },
        backendRefs: [backend('web', { weight: 80, filters: [] }), backend('canary', { weight: 20 })],
      },
      { backendRefs: [backend('web'), backend('canary')] },
    ],
  };
  const rulesIn = (one: object) => readHttpRoute(one, 'shop', 'canary') as Rule[];

  test('with all else in it as it was, and back to the same', () => {
    const before = structuredClone(spec);
    const [from, to] = [settingOf(rulesIn(spec)), settingFor(rulesIn(spec), 0.05)];
    if (typeof to === 'string' || !('rules' in to) || !('rules' in from)) throw new Error('no weights');
    const changed = { ...spec, ...withWeights(spec, rulesIn(spec), to, 'backendRefs') };
    expect(spec).toEqual(before);
    expect(Object.keys(withWeights(spec, rulesIn(spec), to, 'backendRefs'))).toEqual(['rules']);
    expect(changed.rules[0]).toEqual(spec.rules[0]);
    expect(changed.rules[1]).toEqual({
      ...spec.rules[1],
      backendRefs: [backend('web', { weight: 95, filters: [] }), backend('canary', { weight: 5 })],
    });
    expect(changed.rules[2]).toEqual({ backendRefs: [backend('web', { weight: 95 }), backend('canary', { weight: 5 })] });
    expect(isSetting(settingOf(rulesIn(changed)), to)).toBe(true);
    expect({ ...changed, ...withWeights(changed, rulesIn(changed), from, 'backendRefs') }).toEqual(before);
  });

  test('rules of others that come meanwhile do not matter; the canary’s do', () => {
    const now = settingOf(rulesIn(spec));
    const added = { ...spec, rules: [{ backendRefs: [backend('new')] }, ...spec.rules] };
    expect(isSetting(settingOf(rulesIn(added)), now)).toBe(true);
    const renamed = structuredClone(spec);
    renamed.rules[1]!.backendRefs[0]!.name = 'web-2';
    expect(isSetting(settingOf(rulesIn(renamed)), now)).toBe(false);
  });
});

const fence = { route: { kind: 'http-route', namespace: 'shop', name: 'web', canary: 'web-canary' }, maxShare: 0.05 } as const;
test.each([
  [{ share: 0.05, place: 'rules[0]' }, undefined],
  [{ share: 0, place: 'rules[0]' }, undefined],
  [{ share: 0.2, place: 'rules[1]' }, 'the share of web-canary in http-route shop/web is 20% (rules[1]), and at most 5% are allowed'],
  [
    { unknown: 'no controller has accepted it' },
    'the share of web-canary in http-route shop/web is not known: no controller has accepted it',
  ],
  [{}, 'the share of web-canary in http-route shop/web is not known: nobody told'],
])('%j is refused with: %s', (view, why) => expect(fenceRefusal(fence, view)).toBe(why));
