import { shareOfEndpoints, type EndpointSlice } from '../../../src/domain/traffic/endpoints.ts';
import { readHttpRoute, whyNotInEffect } from '../../../src/domain/traffic/http-route.ts';
import { highestShare, type Rule } from '../../../src/domain/traffic/rules.ts';
import { readTrafficSplit } from '../../../src/domain/traffic/traffic-split.ts';
import { readVirtualService } from '../../../src/domain/traffic/virtual-service.ts';

/** The share, or why nobody knows it. */
const told = (rules: Rule[] | string): number | string => {
  const seen = typeof rules === 'string' ? rules : highestShare(rules, 'canary');
  return typeof seen === 'string' ? seen : seen.share;
};

describe('an HTTPRoute', () => {
  const to = (name: string, weight?: number, more: object = {}) => ({ name, port: 80, ...(weight !== undefined && { weight }), ...more });
  const rule = (...backendRefs: object[]) => ({ backendRefs });
  const mirror = (name: string) => ({ type: 'RequestMirror', requestMirror: { backendRef: { name, port: 80 } } });

  test.each<[string, object, number | RegExp]>([
    ['weights', { rules: [rule(to('web', 95), to('canary', 5))] }, 0.05],
    ['weights that are left out are 1', { rules: [rule(to('web'), to('canary'))] }, 0.5],
    ['a weight of 0', { rules: [rule(to('web', 1), to('canary', 0))] }, 0],
    ['the canary alone', { rules: [rule(to('canary', 7))] }, 1],
    [
      'the highest of several rules',
      { rules: [rule(to('web', 99), to('canary', 1)), rule(to('web', 3), to('canary', 1)), rule(to('web'))] },
      0.25,
    ],
    [
      'a rule without backends beside it',
      { rules: [{ filters: [{ type: 'RequestRedirect' }] }, rule(to('web', 9), to('canary', 1))] },
      0.1,
    ],
    ['a rule whose weights are all 0 forwards nothing', { rules: [rule(to('web', 0), to('canary', 0))] }, 0],
    ['the canary twice in a rule', { rules: [rule(to('web', 8), to('canary', 1), to('canary', 1, { port: 81 }))] }, 0.2],
    ['a namespace that is its own', { rules: [rule(to('web', 9), to('canary', 1, { namespace: 'shop' }))] }, 0.1],
    ['another namespace', { rules: [rule(to('web', 9), to('canary', 1, { namespace: 'other' }))] }, /none of its 1 rules names canary/],
    ['another kind of backend', { rules: [rule(to('web', 9), to('canary', 1, { group: 'x.io', kind: 'Thing' }))] }, /none of its 1 rules/],
    ['nobody of that name', { rules: [rule(to('web', 9), to('canery', 1))] }, /none of its 1 rules names canary/],
    ['no rules', {}, /none of its 0 rules/],
    [
      'a mirror',
      { rules: [{ ...rule(to('web', 9), to('canary', 1)), filters: [mirror('canary')] }] },
      /rules\[0\] mirrors requests to canary/,
    ],
    ['a mirror of one backend', { rules: [rule(to('web', 9, { filters: [mirror('canary')] }), to('canary', 1))] }, /mirrors/],
    ['a mirror to somebody else', { rules: [{ ...rule(to('web', 9), to('canary', 1)), filters: [mirror('web')] }] }, 0.1],
    ['a weight that is none', { rules: [rule(to('web', 9), { name: 'canary', weight: '1' })] }, /cannot be read/],
    ['a negative weight', { rules: [rule(to('web', 9), to('canary', -1))] }, /cannot be read/],
  ])('%s', (_, spec, expected) => {
    const seen = told(readHttpRoute(spec, 'shop', 'canary'));
    if (typeof expected === 'number') expect(seen).toBeCloseTo(expected, 12);
    else expect(seen).toMatch(expected);
  });

  const parent = (status: string, observedGeneration?: number) => ({ conditions: [{ type: 'Accepted', status, observedGeneration }] });
  test.each<[string, unknown, RegExp | undefined]>([
    ['nobody says anything', undefined, /no controller has accepted it/],
    ['no parents', { parents: [] }, /no controller/],
    ['refused', { parents: [parent('False', 3)] }, /no controller/],
    ['not a status', { parents: 'many' }, /no controller/],
    ['accepted as it is', { parents: [parent('True', 3)] }, undefined],
    ['accepted, of no generation', { parents: [parent('True')] }, undefined],
    ['one parent refused it', { parents: [parent('False', 3), parent('True', 3)] }, undefined],
    ['accepted as it was before', { parents: [parent('True', 2)] }, /generation 2 of it, and this is 3/],
    ['one parent is behind', { parents: [parent('True', 3), parent('True', 2)] }, /generation 2/],
  ])('in effect: %s', (_, status, why) => {
    const seen = whyNotInEffect(status, 3);
    if (why) expect(seen).toMatch(why);
    else expect(seen).toBeUndefined();
  });
});

describe('a VirtualService', () => {
  const to = (host: string, weight?: number, subset?: string) => ({
    destination: { host, ...(subset !== undefined && { subset }) },
    ...(weight !== undefined && { weight }),
  });
  const http = (...routes: object[][]) => ({ http: routes.map((route) => ({ route })) });

  test.each<[string, object, number | RegExp]>([
    ['weights of subsets', http([to('web', 95, 'stable'), to('web', 5, 'canary')]), 0.05],
    ['weights that do not add up to 100', http([to('web', 3, 'stable'), to('web', 1, 'canary')]), 0.25],
    ['a single destination has all, whatever its weight', http([to('web', 0, 'canary')]), 1],
    ['of several, one without weight has nothing', http([to('web', 100, 'stable'), to('web', undefined, 'canary')]), 0],
    ['no weights at all', http([to('web', undefined, 'stable'), to('web', undefined, 'canary')]), /http\[0\] has no weights for its 2/],
    [
      'the highest of http, tls and tcp',
      { ...http([to('web', 9, 'stable'), to('web', 1, 'canary')]), tcp: [{ route: [to('web', 1, 'canary')] }] },
      1,
    ],
    ['a full host', http([to('web.shop.svc.cluster.local', 9, 'stable'), to('web.shop.svc.cluster.local', 1, 'canary')]), 0.1],
    ['another namespace', http([to('web.other', 9, 'stable'), to('web.other', 1, 'canary')]), /none of its 1 rules/],
    [
      'the host without a subset',
      http([to('web', 9, 'stable'), to('web', 1, 'canary')], [to('web')]),
      /http\[1\] sends to web without a subset/,
    ],
    ['a delegate', { http: [{ delegate: { name: 'x' } }] }, /http\[0\] leaves the decision/],
    ['a mirror', { http: [{ route: [to('web', 1, 'stable')], mirror: { host: 'web', subset: 'canary' } }] }, /mirrors/],
    ['a list of mirrors', { http: [{ route: [to('web', 1, 'stable')], mirrors: [{ destination: { host: 'web' } }] }] }, /mirrors/],
    ['a redirect beside it', { http: [{ redirect: { uri: '/' } }, { route: [to('web', 9, 'stable'), to('web', 1, 'canary')] }] }, 0.1],
    [
      'a weight that is none',
      http([to('web', 9, 'stable'), { destination: { host: 'web', subset: 'canary' }, weight: 'x' }]),
      /cannot be read/,
    ],
  ])('%s', (_, spec, expected) => {
    const seen = told(readVirtualService(spec, 'shop', { host: 'web', subset: 'canary' }));
    if (typeof expected === 'number') expect(seen).toBeCloseTo(expected, 12);
    else expect(seen).toMatch(expected);
  });

  test('a host of its own is the canary whatever the subset', () => {
    const spec = http([to('web', 3), to('canary', 1, 'a')]);
    expect(told(readVirtualService(spec, 'shop', { host: 'canary' }))).toBe(0.25);
  });
});

test.each<[string, object, number | RegExp]>([
  [
    'weights',
    {
      service: 'web',
      backends: [
        { service: 'stable', weight: 19 },
        { service: 'canary', weight: 1 },
      ],
    },
    0.05,
  ],
  [
    'all 0',
    {
      backends: [
        { service: 'stable', weight: 0 },
        { service: 'canary', weight: 0 },
      ],
    },
    /all of its weights are 0/,
  ],
  ['nobody of that name', { backends: [{ service: 'stable', weight: 1 }] }, /none of its 1 rules names canary/],
  ['quantities, as v1alpha1 had them', { backends: [{ service: 'canary', weight: '500m' }] }, /cannot be read/],
  ['nothing', {}, /cannot be read/],
])('a TrafficSplit: %s', (_, spec, expected) => {
  const seen = told(readTrafficSplit(spec, 'canary'));
  if (typeof expected === 'number') expect(seen).toBe(expected);
  else expect(seen).toMatch(expected);
});

describe('the endpoints of a Service', () => {
  const pod = (uid: string, ready?: boolean | null) => ({ conditions: { ready }, targetRef: { kind: 'Pod', name: uid, uid } });
  const slice = (...endpoints: NonNullable<EndpointSlice['endpoints']>) => ({ endpoints }) as unknown as EndpointSlice;
  const canaries = new Set(['c1', 'c2']);
  test.each<[string, EndpointSlice[], object | RegExp]>([
    [
      'ready ones',
      [slice(pod('a', true), pod('b', true), pod('c1', true), pod('d', true))],
      { share: 0.25, place: '1 of 4 ready endpoints' },
    ],
    ['not ready ones do not count', [slice(pod('a', true), pod('c1', false), pod('c2', false))], { share: 0 }],
    ['what is left out counts as ready', [slice(pod('a'), pod('c1', null))], { share: 0.5 }],
    ['a pod with two addresses is one', [slice(pod('a', true), pod('c1', true)), slice(pod('a', true), pod('c1', true))], { share: 0.5 }],
    ['an endpoint of no pod', [slice(pod('a', true), { conditions: { ready: true } })], /of no pod/],
    ['none ready', [slice(pod('a', false))], /no ready endpoints/],
    ['none at all', [slice()], /no ready endpoints/],
  ])('%s', (_, slices, expected) => {
    const seen = shareOfEndpoints(slices, canaries);
    if (expected instanceof RegExp) expect(seen).toMatch(expected);
    else expect(seen).toMatchObject(expected);
  });
});
