import { MockActivityEnvironment } from '@temporalio/testing';
import { createControl } from '../../src/activities/control.ts';
import type { Admission } from '../../src/domain/run.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import type { AuditEntry } from '../../src/records/ports.ts';

const start = { workflowId: 'raw.1', beganMs: 1_000 };

/** An array in an array, so many times. */
const nested = (levels: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
};

test.each([
  [100, true],
  [3_000, false],
  [20_000, false],
])('a document of %d levels is refused, and the refusal is on the audit log', async (levels, hasDigest) => {
  const records = createMemoryRecords();
  const { admitRun } = createControl({ records, nowMs: () => 0 });
  const input = { document: nested(levels), requestedBy: 'eve' } as never;
  const admission = await new MockActivityEnvironment().run<[], Admission, () => Promise<Admission>>(() => admitRun(input, start));
  expect(admission).toMatchObject({ admitted: false, reason: expect.stringMatching(/^the experiment /) as string });
  const entries: AuditEntry[] = [];
  for await (const page of records.auditPages()) entries.push(...page);
  expect(entries).toMatchObject([{ action: 'start-refused', subject: 'raw.1', actor: 'eve' }]);
  expect('documentDigest' in entries[0]!.details).toBe(hasDigest);
});
