import { GENESIS, seal, type AuditFact } from '../../src/domain/audit/entry.ts';
import { sha256 } from '../../src/records/audit/digest.ts';
import { verifyAudit } from '../../src/records/audit/verify.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import type { AuditEntry, Records, RunRecord } from '../../src/records/ports.ts';
import { aRun, anEvent, T0 } from './examples.ts';

const { workflowId } = aRun();
let records: Records;
beforeEach(async () => {
  records = createMemoryRecords();
  await records.openRun(aRun());
  await records.appendEvents(workflowId, [anEvent()]);
  await records.closeRun(workflowId, { verdict: 'failed', reason: 'no', result: { a: 1 }, closedAtMs: T0 + 9 });
});

/** The records, with something done to the runs or to the chain. The chain is sealed anew: it is good in itself. */
function tampered(runs: (run: RunRecord) => RunRecord[], more: (chain: AuditEntry[]) => AuditFact[] = () => []) {
  return {
    ...records,
    listRuns: async (filter: Parameters<Records['listRuns']>[0]) => (await records.listRuns(filter)).flatMap(runs),
    async *auditPages() {
      const chain: AuditEntry[] = [];
      for await (const page of records.auditPages()) chain.push(...page);
      const facts = [...chain, ...more(chain)].map(({ key, atMs, actor, action, subject, run, details }) => ({
        ...{ key, atMs, actor, action, subject, details },
        ...(run && { run }),
      }));
      yield seal(facts, GENESIS, sha256);
    },
  };
}
const verified = async (...how: Parameters<typeof tampered>) => (await verifyAudit(tampered(...how), [])).contradictions;

test('what nobody touched contradicts nothing', async () => {
  expect(await verified((run) => [run])).toEqual([]);
});

test.each([
  ['runId', 'other'],
  ['name', 'other'],
  ['service', 'other'],
  ['environment', 'other'],
  ['owner', 'other'],
  ['ticket', 'other'],
  ['planDigest', 'other'],
  ['seed', 1],
  ['timeScale', 1],
  ['requestedBy', 'other'],
  ['site', 'other'],
  ['startedAtMs', T0 + 1],
  ['experiment', {}],
  ['closedAtMs', T0],
  ['closedAtMs', undefined],
  ['verdict', 'passed'],
  ['reason', 'other'],
  ['result', {}],
] as const)('%s of a run that is %s is not what the log says', async (field, value) => {
  const what = ['closedAtMs', 'verdict', 'reason', 'result'].includes(field) ? 'its end' : 'its beginning';
  expect(await verified((run) => [{ ...run, [field]: value }])).toEqual([{ workflowId, what, kind: 'edited' }]);
});

test('a run that the log does not know was put in when it is as young as the log, and is counted when it is older', async () => {
  const other = (startedAtMs: number) => (run: RunRecord) => [run, { ...run, workflowId: 'other', startedAtMs }];
  expect(await verifyAudit(tampered(other(T0)), [])).toMatchObject({
    contradictions: [{ workflowId: 'other', what: 'the run', kind: 'inserted' }],
    olderRuns: 0,
  });
  expect(await verifyAudit(tampered(other(T0 - 1)), [])).toMatchObject({ contradictions: [], olderRuns: 1 });
});

test('a second beginning or end of a run hides nothing: the first counts, and the second is named', async () => {
  const forged = (chain: AuditEntry[]): AuditFact[] =>
    chain
      .filter(({ action }) => action !== 'run-started')
      .map((entry) => ({
        ...entry,
        details: { ...entry.details, ...(entry.action === 'run-opened' ? { owner: 'x' } : { verdict: 'passed' }) },
      }));
  expect(await verified((run) => [{ ...run, owner: 'x', verdict: 'passed' }], forged)).toEqual([
    { workflowId, what: 'entry 4, a second beginning', kind: 'inserted' },
    { workflowId, what: 'entry 5, a second end', kind: 'inserted' },
    { workflowId, what: 'its beginning', kind: 'edited' },
    { workflowId, what: 'its end', kind: 'edited' },
  ]);
});
