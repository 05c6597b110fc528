import { createMemoryRecords } from '../../src/records/memory.ts';
import { aRun, anEvent } from './examples.ts';
import { recordsContract } from './records.contract.ts';

recordsContract(() => Promise.resolve(createMemoryRecords()));

test('what was handed out can be changed without changing the record', async () => {
  const records = createMemoryRecords();
  const given = anEvent();
  await records.openRun(aRun());
  await records.appendEvents(aRun().workflowId, [given]);
  given.data.why = 'changed';
  (await records.events(aRun().workflowId))[0]!.data.why = 'changed too';
  expect((await records.events(aRun().workflowId))[0]?.data).toEqual({ why: 'asked' });
});
