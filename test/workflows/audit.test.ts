import { inspectChain } from '../../src/domain/audit/inspect.ts';
import { sha256 } from '../../src/records/audit/digest.ts';
import { verifyAudit } from '../../src/records/audit/verify.ts';
import type { AuditEntry, Records } from '../../src/records/ports.ts';
import { createRecords } from '../../src/records/postgres.ts';
import { createDatabase } from '../records/database.ts';
import { describeWithDatabase, describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { holdsLive, reach } from './harness/expectations.ts';
import { endlessGuard } from './harness/fake-site.ts';
import { onStage, openTheatre, type Theatre } from './harness/stage.ts';

const describeWithBoth = describeWithTemporal === describe ? describeWithDatabase : describeWithTemporal;

describeWithBoth('the audit log of a run', () => {
  let theatre: Theatre;
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let records: Records;
  beforeAll(async () => {
    [theatre, database] = await Promise.all([openTheatre(), createDatabase()]);
    records = createRecords({ url: database.url, maxConnections: 5 });
    await records.migrate();
  });
  afterAll(async () => {
    await records.close();
    await Promise.all([theatre.close(), database.drop()]);
  });
  const entriesOf = async (workflowId: string): Promise<AuditEntry[]> => {
    const found: AuditEntry[] = [];
    for await (const page of records.auditPages({ workflowId })) found.push(...page);
    return found;
  };
  const play = (scene: Parameters<typeof onStage<void>>[1]) => onStage(theatre, scene, { records });

  test('every decision and deed is chained, bound to ticket and digests; its result holds the head, and the chain verifies', () =>
    play(async (stage) => {
      const document = experimentDocument() as { metadata: object };
      const workflowId = await stage.start({ ...document, metadata: { ...document.metadata, ticket: 'CHG-7' } });
      const { verdict, auditHead } = await stage.verdict(workflowId);
      expect(verdict).toBe('passed');
      const entries = await entriesOf(workflowId);
      const events = await records.events(workflowId);
      expect(entries.map(({ action }) => action).sort()).toEqual(['run-opened', ...events.map(({ kind }) => kind), 'run-closed'].sort());
      expect(entries.map(({ action }) => action)).toEqual(
        expect.arrayContaining(['run-started', 'policy', 'victims-chosen', 'guard-armed', 'injected', 'undo', 'wave-judged', 'closed']),
      );
      const run = (await records.findRun(workflowId))!;
      for (const entry of entries)
        expect(entry.run).toEqual({
          ...{ workflowId, runId: run.runId, ticket: 'CHG-7', requestedBy: 'ann', planDigest: run.planDigest },
          experimentDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        });
      expect(auditHead).toEqual(await records.auditHead());
      expect(await verifyAudit(records, [auditHead!])).toMatchObject({ matched: 1, contradictions: [] });
      expect((await verifyAudit(records, [auditHead!])).tampering).toBeUndefined();
    }));

  test(
    'an abort and a halt are there with who did it; a start that was refused is there although it has no record',
    () =>
      play(async (stage) => {
        stage.site.on('guardWave', endlessGuard);
        const workflowId = await stage.start();
        await reach(stage, workflowId, holdsLive);
        await stage.client.halt({ environment: 'staging', by: 'bob', reason: 'customers call' }, 20_000);
        await stage.verdict(workflowId);
        expect((await entriesOf(workflowId)).filter(({ actor }) => actor === 'bob')).toMatchObject([{ action: 'halt' }]);

        const handle = await stage.startRaw({ document: { nonsense: true }, requestedBy: 'mallory' });
        expect(await handle.result()).toMatchObject({ verdict: 'denied' });
        expect(await entriesOf(handle.workflowId)).toMatchObject([
          { action: 'start-refused', actor: 'mallory', details: { reason: expect.stringContaining('not valid') as string } },
        ]);
        await stage.client.liftHalt('staging', { by: 'bob', reason: 'over' });
        // The ledger brings the halt to the runs by itself, and notes it then.
        const halts = async () => (await entriesOf('environment:staging')).filter(({ action }) => action === 'halt');
        for (let i = 0; i < 100 && (await halts()).length === 0; i++) await new Promise((done) => setTimeout(done, 100));
        expect(await halts()).toMatchObject([{ actor: 'bob', details: { reason: 'customers call' } }]);
        const all: AuditEntry[] = [];
        for await (const page of records.auditPages()) all.push(...page);
        expect(inspectChain(all, sha256).tampering).toBeUndefined();
      }),
    60_000,
  );
});
