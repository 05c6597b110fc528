import { readExperiment } from '../../src/language/read.ts';
import { ExperimentError } from '../../src/language/problem.ts';
import { BASE, edited, onPods } from './base.ts';
import { ANSWERS } from './malformed-answers.ts';
import { MALFORMED } from './malformed-cases.ts';

function refusalOf(text: string, fileName = 'x.yaml'): ExperimentError {
  try {
    readExperiment(text, fileName);
  } catch (error) {
    if (error instanceof ExperimentError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}

test('the file that the others are made from is good', () => {
  expect(readExperiment(BASE, 'x.yaml').experiment.metadata.name).toBe('checkout');
});

test('whoever may violate a budget of pods has been told to: for the run, or at the gate of the wave', () => {
  const text = onPods(edited('kind: process-kill, signal: SIGKILL', 'kind: pod-evict, mode: violate'));
  const [approved, gated] = [`${text}approvals: { required: 1 }\n`, text.replace('{ name: single }', '{ name: single, gate: approval }')];
  for (const good of [approved, gated]) expect(readExperiment(good, 'x.yaml').experiment.fault.kind).toBe('pod-evict');
});

test('every case has its answer, and there are at least 45', () => {
  expect(MALFORMED.map(([name]) => name)).toEqual(Object.keys(ANSWERS));
  expect(MALFORMED.length).toBeGreaterThanOrEqual(45);
});

test.each(MALFORMED)('%s', (name, text) => {
  const beganMs = performance.now();
  expect(refusalOf(text).format().split('\n')).toEqual(ANSWERS[name]);
  expect(performance.now() - beganMs).toBeLessThan(2_000); // a hang, not a slow machine, is what this is for
});

test('all problems are told at once, in the order of the file', () => {
  const text = edited('  owner: shop\n', '')
    .replace('probe: orders.budget-remaining', 'probe: nothing')
    .replace('above: 0.1%, for: 3m', 'above: 0.1%, fro: 3m')
    .replace('rollbacks: [restart]', 'rollbacks: [reboot]');
  const { problems } = refusalOf(text);
  expect(problems.map(({ path }) => path.join('.'))).toEqual([
    'metadata.owner',
    'preconditions.0.probe',
    'stopConditions.0.fro',
    'rollbacks.0',
  ]);
});

test('more than fifty problems are counted, not listed', () => {
  const keys = Array.from({ length: 80 }, (_, i) => `odd-${i}: 1\n`).join('');
  const lines = refusalOf(BASE + keys)
    .format()
    .split('\n');
  expect(lines).toHaveLength(51);
  expect(lines.at(-1)).toBe('and 30 more');
});

test('a secret that stands in the file is not repeated', () => {
  const inline = edited('connection: { secret: SHOP_DB }', 'connection: { secrt: hunter2, password: hunter2 }');
  const header = edited(
    'url: "http://127.0.0.1:8080/restart" }',
    'url: "http://127.0.0.1:8080/restart", headers: { "X Key": hunter2, authorization: [hunter2] } }',
  );
  for (const text of [inline, header, ...MALFORMED.map(([, malformed]) => malformed)])
    expect(refusalOf(text).message).not.toContain('hunter2');
});

test('what cannot be printed does not reach the terminal', () => {
  const { message } = refusalOf(edited('name: checkout\n', 'name: "a\\e[31m\\u202eb"\n'));
  expect(message).not.toMatch(/[\u001b\u202e]/);
  expect(message).toContain("found 'a·[31m·b'");
});

describe('JSON', () => {
  const json = JSON.stringify(readExperiment(BASE, 'x.yaml').document, null, '\t');

  test('is read like YAML', () => expect(readExperiment(json, 'x.json')).toEqual(readExperiment(BASE, 'x.yaml')));

  test('may not have a trailing comma', () => {
    const text = json.replace('"Experiment",', '"Experiment",,').replace(',,', ',\n\t"labels": [1,],');
    expect(refusalOf(text, 'x.json').format()).toBe('x.json:4:15 not JSON: value expected');
  });

  test('has places too', () =>
    expect(refusalOf(json.replace('"checkout"', '7'), 'x.json').format()).toBe('x.json:5:11 metadata.name: found 7, expected a text'));

  test('may not have duplicate keys', () => {
    expect(refusalOf(json.replace('"kind": "Experiment"', '"kind": "Experiment",\n\t"kind": "Experiment"'), 'x.json').format()).toBe(
      'x.json:4:2 kind: duplicate key; it was first given in line 3',
    );
  });
});

test('an alias stands for its value', () => {
  const text = edited('selection: { count: 1 }', 'selection: &one { count: 1 }').replace(
    '{ name: single }',
    '{ name: single, selection: *one }',
  );
  expect(readExperiment(text, 'x.yaml').experiment.waves[1]?.selection).toEqual({ count: 1 });
  expect(refusalOf(text.replace('&one { count: 1 }', '&one { count: 0 }')).format()).toContain('x.yaml:28:26 selection.count: found 0');
});

const megabyte = (text: string): string => text.repeat(1_000_000 / text.length);

test.each([
  ['keys', Array.from({ length: 80_000 }, (_, i) => `k${i}: 1`).join('\n')],
  ['entries', `a:\n${megabyte('- 1\n')}`],
  ['aliases', megabyte('*a ')],
  ['anchors', megabyte('- &a 1\n')],
  ['tags', megabyte('!a ')],
  ['colons', megabyte('a: ')],
  ['comments', megabyte('#\n')],
  ['numbers in one line', `a: [${megabyte('1,')}1]`],
  ['documents', megabyte('---\n')],
  ['pairs of brackets', megabyte('[],')],
  ['brackets', megabyte('[')],
  ['letters in quotes', `a: "${megabyte('x')}`],
  ['letters', megabyte('x')],
  ['steps of indentation', Array.from({ length: 1_300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
])('a megabyte of %s is refused quickly', (_name, text) => {
  const beganMs = performance.now();
  expect(refusalOf(text).problems).toHaveLength(1);
  expect(performance.now() - beganMs).toBeLessThan(2_000); // on an idle machine a tenth of it
});

test('ten thousand keys, duplicates among them, take no time', () => {
  const keys = Array.from({ length: 10_000 }, (_, i) => `key-${i % 9_990}: 1\n`).join('');
  const beganMs = performance.now();
  expect(refusalOf(keys).problems).toHaveLength(10);
  expect(performance.now() - beganMs).toBeLessThan(3_000);
});
