import fc from 'fast-check';
import { blankField, checkPostMortem, FIELDS, headOf, type Field } from '../../src/domain/post-mortem.ts';

const names = Object.keys(FIELDS) as Field[];
const actions = '| What | Who | Until when |\n|---|---|---|\n| add a limit | ada | 2026-12-01 |';
const answers: Partial<Record<Field, string>> = { runbook: 'updated: step 3 of scale-workers', 'action-items': actions };
const write = (changes: Partial<Record<Field, string>> = {}): string =>
  [
    headOf('kill.run-1'),
    ...names.map((name) => `### ${name}\n\n${blankField(name, changes[name] ?? answers[name] ?? 'we know why now')}`),
  ].join('\n\n');

test('a draft has nothing completed, and names all that is missing', () => {
  const draft = [headOf('kill.run-1'), ...names.map((name) => blankField(name))].join('\n');
  expect(checkPostMortem(draft)).toEqual({
    workflowId: 'kill.run-1',
    completed: 0,
    fields: names.length,
    missing: names,
    runbook: 'unanswered',
  });
});

test('a completed one is complete, with line ends of any system', () => {
  for (const text of [write(), write().replaceAll('\n', '\r\n')])
    expect(checkPostMortem(text)).toMatchObject({ completed: names.length, missing: [], runbook: 'updated' });
});

test.each<[Field, string]>([
  ['summary', ''],
  ['summary', ' - '],
  ['root-cause', 'TODO'],
  ['root-cause', 'the queue. TODO: why?'],
  ['runbook', 'yes'],
  ['action-items', 'later'],
  ['action-items', '| What | Who | Until when |\n|---|---|---|'],
  ['action-items', `${actions}\n| and this | | 2026 |`],
  ['action-items', `${actions}\n| and this | TODO | 2026 |`],
])('%s is not completed by %j', (name, text) => expect(checkPostMortem(write({ [name]: text }))?.missing).toEqual([name]));

test.each<[Field, string, string]>([
  ['runbook', 'Not needed, because nobody used it', 'not-needed'],
  ['runbook', '**not yet**: waits for CHG-7', 'not-yet'],
  ['action-items', 'none: the weakness is gone already', 'updated'],
  ['root-cause', 'see #42\n#42 tells all', 'updated'],
])('%s is completed by %j', (name, text, runbook) =>
  expect(checkPostMortem(write({ [name]: text }))).toMatchObject({ missing: [], runbook }),
);

test('a field that was deleted is missing, and its neighbours do not stand in for it', () => {
  const without = write().replace(blankField('root-cause', 'we know why now'), '');
  expect(checkPostMortem(without)?.missing).toEqual(['root-cause']);
  const unclosed = write({ summary: '' }).replace('<!-- /field -->', '');
  expect(checkPostMortem(unclosed)?.missing).toEqual(['summary']);
});

test('what is none is none; whatever is given, the count is bounded and more text in one field never lowers it', () => {
  for (const text of ['', '# Post-mortem', headOf('a b'), headOf('../etc')]) expect(checkPostMortem(text)).toBeUndefined();
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(...names.map((name) => blankField(name)), actions))), (parts) => {
      const check = checkPostMortem([headOf('kill.run-1'), ...parts].join('\n'));
      expect(check!.completed).toBe(check!.fields - check!.missing.length);
      expect(check!.completed).toBeGreaterThanOrEqual(0);
    }),
  );
});
