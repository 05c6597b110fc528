import { asksForPresence, joinSelectors, meetsLabels, parseLabelSelector } from '../../src/domain/kubernetes/label-selector.ts';
import { MOST_ROWS, surveyOf } from '../../src/domain/kubernetes/survey.ts';
import type { Target } from '../../src/domain/target.ts';

test.each([
  ['app=web', { app: 'web' }, { app: 'api' }],
  ['app==web', { app: 'web' }, {}],
  ['app!=web', {}, { app: 'web' }],
  ['app=', { app: '' }, {}],
  ['tier in (a, b)', { tier: 'b' }, { tier: 'c' }],
  ['tier notin (a,b)', {}, { tier: 'a' }],
  ['shop.example/canary', { 'shop.example/canary': '' }, {}],
  ['!legacy', {}, { legacy: 'false' }],
  ['weight>5', { weight: '6' }, { weight: '5' }],
  ['weight<5', { weight: '-4' }, { weight: 'few' }],
  ['app=web,tier in (a,b),!legacy', { app: 'web', tier: 'a' }, { app: 'web', tier: 'a', legacy: '1' }],
])('%s', (text, meets, fails) => {
  const requirements = parseLabelSelector(text);
  expect(meetsLabels(requirements, meets)).toBe(true);
  expect(meetsLabels(requirements, fails)).toBe(false);
});

test.each([
  '',
  ' ',
  ',',
  'app=web,',
  'app in web',
  'app in ()',
  'app=a b',
  '=web',
  'app=web;rm',
  '(a)',
  '!',
  'a=b=c',
  'x/y/z',
  `app=${'x'.repeat(64)}`,
])('none: %j', (text) => {
  expect(() => parseLabelSelector(text)).toThrow('is no requirement of a label selector');
});

test('a label named like a property of every object is not there', () => {
  expect(meetsLabels(parseLabelSelector('constructor'), {})).toBe(false);
});

test('whether anything has to be there', () => {
  expect(['app', 'app in (a)', '!x,app=a'].map((text) => asksForPresence(parseLabelSelector(text)))).toEqual([true, true, true]);
  expect(['!app', 'app!=a,b notin (c)'].map((text) => asksForPresence(parseLabelSelector(text)))).toEqual([false, false]);
});

test('selectors are joined by "and"', () => {
  expect(joinSelectors({ app: 'web', tier: 'a' }, 'x in (1,2)', undefined)).toBe('app=web,tier=a,x in (1,2)');
  expect(joinSelectors(undefined, undefined)).toBeUndefined();
});

test('a survey counts all and shows a bounded part, those that can be hit first', () => {
  const target = (i: number): Target => ({
    ...{ kind: 'pod', id: `pod:${i}`, site: 's', name: `p${i}`, identity: {} },
    labels: { pod: `p${i}`, container: 'main', node: 'n', owner: 'Deployment web' },
  });
  const targets = Array.from({ length: MOST_ROWS }, (_, i) => target(i));
  const spared = { target: target(MOST_ROWS), why: 'x'.repeat(5_000) };
  const survey = surveyOf({ targets, protected: [spared], unready: [{ id: 'pod:0', name: 'p0', why: 'terminating' }] }, 's', 'shop');
  expect(survey.counts).toEqual({ ready: MOST_ROWS - 1, unready: 1, protected: 1 });
  expect(survey.rows).toHaveLength(MOST_ROWS);
  expect(survey.rows[0]).toEqual({ pod: 'p1', container: 'main', node: 'n', owner: 'Deployment web', state: 'ready', why: '' });
  expect(survey.rows.at(-1)).toMatchObject({ pod: 'p0', state: 'unready', why: 'terminating' });
});
