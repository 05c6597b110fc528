import fc from 'fast-check';
import { factAbout } from '../../src/domain/audit/facts.ts';
import { inspectChain } from '../../src/domain/audit/inspect.ts';
import { digestOfJson, sha256 } from '../../src/records/audit/digest.ts';
import type {
  AuditEntry,
  AuditHead,
  CatalogueEntry,
  CatalogueKey,
  OpenRun,
  RecordedPostMortem,
  RecordedSample,
  Records,
  RunClose,
  RunEvent,
} from '../../src/records/ports.ts';
import { headOf } from '../../src/records/run-head.ts';
import { signalsFromSamples } from '../../src/records/downsample.ts';
import { aRun, aSample, anEvent, T0 } from './examples.ts';

const close: RunClose = {
  verdict: 'passed',
  reason: 'all held',
  result: { waves: [{ name: 'canary', outcome: 'held' }] },
  closedAtMs: T0 + 60_000,
};

/** What every implementation of Records must do. `open` gives an empty, migrated one. */
export function recordsContract(open: () => Promise<Records>): void {
  let records: Records;
  const id = aRun().workflowId;
  beforeEach(async () => {
    records = await open();
  });

  describe('runs', () => {
    test('come back as they were given', async () => {
      await records.openRun(aRun());
      expect(await records.findRun(id)).toEqual(aRun());
      expect(await records.findRun('nobody')).toBeUndefined();
    });
    test('without a ticket have no such field', async () => {
      const { ticket: _ticket, ...without } = aRun();
      await records.openRun(without);
      expect(await records.findRun(id)).toEqual(without);
    });
    test('opened again stay as they first were', async () => {
      await records.openRun(aRun());
      await records.openRun(aRun({ requestedBy: 'mallory', startedAtMs: T0 + 5 }));
      expect(await records.findRun(id)).toEqual(aRun());
    });
    test('are refused with another plan under the same id', async () => {
      await records.openRun(aRun());
      await expect(records.openRun(aRun({ planDigest: 'sha256:bbbb' }))).rejects.toThrow(/already recorded with another plan/);
    });
    test('closed twice: the first verdict stands, and the second caller is told', async () => {
      await records.openRun(aRun());
      expect(await records.closeRun(id, close)).toEqual({ verdict: 'passed' });
      expect(await records.closeRun(id, close)).toEqual({ verdict: 'passed' });
      expect(await records.closeRun(id, { ...close, verdict: 'failed', reason: 'no' })).toEqual({ verdict: 'passed' });
      expect(await records.findRun(id)).toEqual({ ...aRun(), ...close });
    });
    test('that were never opened can be neither closed nor written to', async () => {
      await expect(records.closeRun('nobody', close)).rejects.toThrow('no run nobody is recorded; openRun comes first');
      await expect(records.appendEvents('nobody', [anEvent()])).rejects.toThrow('no run nobody is recorded; openRun comes first');
      await expect(records.appendSamples('nobody', [aSample()])).rejects.toThrow('no run nobody is recorded; openRun comes first');
    });
    test('are narrowed to owners and environments; to none of them there is nothing', async () => {
      const places = [
        ['a', 'staging'],
        ['a', 'production'],
        ['b', 'staging'],
        ['c', 'production'],
      ] as const;
      for (const [i, [owner, environment]] of places.entries())
        await records.openRun(aRun({ workflowId: `run-${i}`, startedAtMs: T0 - i, owner, environment }));
      const ids = async (filter: Parameters<Records['listRuns']>[0]) =>
        (await records.listRuns(filter)).map(({ workflowId }) => workflowId);
      expect(await ids({ limit: 10, within: [{ owner: 'a' }] })).toEqual(['run-0', 'run-1']);
      expect(await ids({ limit: 10, within: [{ owner: 'a', environment: 'staging' }, { environment: 'production' }] })).toEqual([
        ...['run-0', 'run-1', 'run-3'],
      ]);
      expect(await ids({ limit: 1, within: [{ owner: 'b' }, { owner: 'c' }], cursor: 'run-2' })).toEqual(['run-3']);
      expect(await ids({ limit: 10, within: [{}] })).toHaveLength(4);
      expect(await ids({ limit: 10, within: [{ owner: "a' OR 1=1 --" }] })).toEqual([]);
      expect(await ids({ limit: 10, within: [] })).toEqual([]);
    });
    test('are listed newest first, filtered, page by page', async () => {
      for (let i = 0; i < 5; i++)
        await records.openRun(
          aRun({ workflowId: `run-${i}`, startedAtMs: T0 + Math.floor(i / 2), environment: i === 4 ? 'production' : 'staging' }),
        );
      await records.closeRun('run-1', close);
      const ids = async (filter: Parameters<Records['listRuns']>[0]) =>
        (await records.listRuns(filter)).map(({ workflowId }) => workflowId);
      expect(await ids({ limit: 10 })).toEqual(['run-4', 'run-3', 'run-2', 'run-1', 'run-0']);
      expect(await ids({ limit: 2 })).toEqual(['run-4', 'run-3']);
      expect(await ids({ limit: 2, cursor: 'run-3' })).toEqual(['run-2', 'run-1']);
      expect(await ids({ limit: 2, cursor: 'run-1', environment: 'staging' })).toEqual(['run-0']);
      expect(await ids({ limit: 2, cursor: 'run-0' })).toEqual([]);
      expect(await ids({ limit: 9, environment: 'production' })).toEqual(['run-4']);
      const filter = { limit: 2, cursor: 'run-3' };
      expect(await records.listHeads(filter)).toEqual((await records.listRuns(filter)).map(headOf));
      expect((await records.listHeads({ limit: 1, verdict: 'passed' }))[0]).toMatchObject({ workflowId: 'run-1', verdict: 'passed' });
      expect(await ids({ limit: 9, service: 'other' })).toEqual([]);
      expect(await ids({ limit: 9, verdict: 'passed' })).toEqual(['run-1']);
      expect(await ids({ limit: 9, sinceMs: T0 + 1 })).toEqual(['run-4', 'run-3', 'run-2']);
      expect(await ids({ limit: 9, sinceMs: T0 + 1, untilMs: T0 + 2 })).toEqual(['run-3', 'run-2']);
      expect(await ids({ limit: 9, name: 'payment-worker-kill', cursor: 'run-1' })).toEqual(['run-0']);
      expect(await ids({ limit: 9, name: 'another' })).toEqual([]);
      await expect(records.listRuns({ limit: 1, cursor: 'nobody' })).rejects.toThrow(/no run nobody/);
      await expect(records.listRuns({ limit: 0 })).rejects.toThrow(/expected a whole number from 1 to 1000/);
    });
  });

  describe('runs with leftovers', () => {
    test('are found by their result, by their events and by what the janitor found; others are not', async () => {
      const names = ['clean', 'open', 'by-result', 'by-event', 'by-janitor', 'swept'];
      for (const [i, workflowId] of names.entries()) await records.openRun(aRun({ workflowId, startedAtMs: T0 + i }));
      for (const workflowId of ['clean', 'by-event', 'swept']) await records.closeRun(workflowId, { ...close, result: { leftovers: [] } });
      await records.closeRun('by-result', { ...close, result: { leftovers: ['a pause'] } });
      await records.appendEvents('by-event', [
        anEvent({ kind: 'leftover', data: { what: 'a pause' } }),
        anEvent({ key: 'k2', kind: 'leftover' }),
      ]);
      await records.appendEvents('by-janitor', [anEvent({ kind: 'janitor', data: { outcome: 'leftover' } })]);
      await records.appendEvents('swept', [anEvent({ kind: 'janitor', data: { outcome: 'undone' } })]);
      expect((await records.runsWithLeftovers()).map(({ workflowId }) => workflowId)).toEqual(['by-janitor', 'by-event', 'by-result']);
    });
    test('sites are told of runs since a time', async () => {
      for (const [i, site] of ['mars', 'eu', 'eu', 'local'].entries())
        await records.openRun(aRun({ workflowId: `r${i}`, site, startedAtMs: T0 + i }));
      expect(await records.sites(T0 + 1)).toEqual(['eu', 'local']);
      await expect(records.sites(NaN)).rejects.toThrow(/no time/);
    });
  });

  describe('waves', () => {
    const judged = (wave: string, changes: Record<string, unknown> = {}, key = wave): RunEvent =>
      anEvent({
        ...{ key, kind: 'wave-judged', wave },
        data: { ...shown, ...changes },
      });
    const shown = {
      ...{ verdict: 'passed', rule: 'held', reason: 'it held', rehearsal: false, recovered: 2, of: 2 },
      ...{ fault: { kind: 'process-kill' }, targets: { kind: 'process', labels: { app: 'worker' } } },
    };
    const end = async (workflowId: string, changes: Partial<OpenRun>, events: RunEvent[], closing: Partial<RunClose> = {}) => {
      await records.openRun(aRun({ workflowId, ...changes }));
      await records.appendEvents(workflowId, events);
      await records.closeRun(workflowId, { ...close, ...closing });
    };
    test('of runs that have ended come newest first, with what they showed', async () => {
      await end('old', {}, [judged('stress'), judged('canary', { verdict: 'failed', recovered: 1 })]);
      await end('new', {}, [judged('canary')], { verdict: 'void', closedAtMs: T0 + 90_000 });
      await records.openRun(aRun({ workflowId: 'running' }));
      await records.appendEvents('running', [judged('canary')]);
      const place = { name: 'payment-worker-kill', service: 'payments', environment: 'staging', timeScale: 0.05 };
      expect(await records.waves({ limit: 10 })).toEqual([
        { workflowId: 'new', ...place, closedAtMs: T0 + 90_000, runVerdict: 'void', wave: 'canary', ...shown },
        {
          workflowId: 'old',
          ...place,
          closedAtMs: T0 + 60_000,
          runVerdict: 'passed',
          wave: 'canary',
          ...shown,
          verdict: 'failed',
          recovered: 1,
        },
        { workflowId: 'old', ...place, closedAtMs: T0 + 60_000, runVerdict: 'passed', wave: 'stress', ...shown },
      ]);
    });
    test('are filtered, and the first verdict of a wave stands', async () => {
      await end('a', {}, [judged('canary'), judged('canary', { verdict: 'failed' }, 'again'), judged('stress')]);
      await end('b', { environment: 'production' }, [judged('canary')]);
      await end('c', { service: 'search', name: 'other' }, [judged('canary')], { closedAtMs: T0 });
      const ids = async (filter: Partial<Parameters<Records['waves']>[0]>) =>
        (await records.waves({ limit: 10, ...filter })).map(({ workflowId, wave }) => `${workflowId}/${wave}`);
      expect(await ids({ environment: 'staging', wave: 'canary' })).toEqual(['a/canary', 'c/canary']);
      expect(await ids({ name: 'other', service: 'search' })).toEqual(['c/canary']);
      expect(await ids({ sinceMs: T0 + 60_000 })).toEqual(['b/canary', 'a/canary', 'a/stress']);
      expect(await ids({ limit: 1 })).toEqual(['b/canary']);
      expect((await records.waves({ limit: 1, environment: 'staging' }))[0]?.verdict).toBe('passed');
      await expect(records.waves({ limit: 0 })).rejects.toThrow(/expected a whole number/);
      await expect(records.waves({ limit: 1, sinceMs: NaN })).rejects.toThrow(/no time/);
    });
    test('that cannot be read are none', async () => {
      await end('a', {}, [judged('canary', { recovered: 3 }), judged('stress', { fault: 'kill' }), judged('single', { of: -1 })]);
      expect(await records.waves({ limit: 10 })).toEqual([]);
    });
  });

  describe('starts that are counted', () => {
    const claim = (workflowId: string, runs = 2, period = '2026-W48') => ({
      scope: 'service:breakwater/staging/payments',
      period,
      runs,
      workflowId,
    });

    test('as many as there are places, however many ask at once and again; for good', async () => {
      const ids = ['a', 'b', 'c', 'd', 'e'];
      const claimAll = () => Promise.all(ids.map((id) => records.claimStart(claim(id))));
      const [first, again] = [await claimAll(), await claimAll()];
      const granted = first.map(({ isGranted }) => isGranted);
      expect(granted.filter(Boolean).length).toBe(2);
      expect(again.map(({ isGranted }) => isGranted)).toEqual(granted);
      expect([...again[0]!.holders].sort()).toEqual(ids.filter((_, i) => granted[i]));
      expect(await records.claimStart(claim('f', 3))).toMatchObject({ isGranted: true });
      expect(await records.claimStart(claim('g', 3))).toMatchObject({ isGranted: false });
      expect(await records.claimStart(claim('g', 2, '2026-W49'))).toEqual({ isGranted: true, holders: ['g'] });
    });

    test('no number of places is refused', async () => {
      for (const runs of [0, 1.5, 1e9]) await expect(records.claimStart(claim('a', runs))).rejects.toMatchObject({ name: 'RecordsError' });
    });
  });

  describe('post-mortems', () => {
    const handedIn = (changes: Partial<RecordedPostMortem> = {}): RecordedPostMortem => ({
      ...{ workflowId: id, digest: 'aaaa', by: 'ada', atMs: T0 + 5, completed: 3, fields: 8, missing: ['root-cause'], runbook: 'not-yet' },
      ...changes,
    });
    test('the newest of each run is given; the same text again changes nothing', async () => {
      await records.openRun(aRun());
      await records.openRun(aRun({ workflowId: 'other' }));
      await records.recordPostMortem(handedIn());
      await records.recordPostMortem(handedIn({ digest: 'bbbb', atMs: T0 + 9, completed: 8, missing: [], runbook: 'updated' }));
      await records.recordPostMortem(handedIn({ by: 'mallory', atMs: T0 + 50 }));
      expect(await records.postMortems([id, 'other', 'nobody'])).toEqual([
        handedIn({ digest: 'bbbb', atMs: T0 + 9, completed: 8, missing: [], runbook: 'updated' }),
      ]);
      expect(await records.postMortems([])).toEqual([]);
    });
    test('of nobody, and counts that are none, are refused', async () => {
      await expect(records.recordPostMortem(handedIn({ workflowId: 'nobody' }))).rejects.toThrow('no run nobody is recorded');
      await records.openRun(aRun());
      await expect(records.recordPostMortem(handedIn({ completed: 9 }))).rejects.toThrow(/9 of 8 fields is no count/);
    });
  });

  describe('events', () => {
    beforeEach(() => records.openRun(aRun()));
    test('appended twice, together or apart, are kept once, as they first were', async () => {
      const first = anEvent();
      await records.appendEvents(id, [first, anEvent({ data: { why: 'again' } })]);
      await records.appendEvents(id, [
        anEvent({ data: { why: 'retried' } }),
        anEvent({ key: 'k2', kind: 'judged', wave: 'canary', iteration: 0 }),
      ]);
      expect(await records.events(id)).toEqual([first, anEvent({ key: 'k2', kind: 'judged', wave: 'canary', iteration: 0 })]);
    });
    test('come by time, and in the order of appending within a millisecond', async () => {
      const at = (key: string, atMs: number) => anEvent({ key, atMs });
      await records.appendEvents(id, [at('z', T0 + 5), at('y', T0 + 5)]);
      await records.appendEvents(id, [at('x', T0 + 5), at('early', T0)]);
      expect((await records.events(id)).map(({ key }) => key)).toEqual(['early', 'z', 'y', 'x']);
    });
    test('of a run that has none are none, and appending none is fine', async () => {
      await records.appendEvents(id, []);
      expect(await records.events(id)).toEqual([]);
    });
    test('of some kinds and many runs come at once', async () => {
      await records.openRun(aRun({ workflowId: 'other' }));
      await records.openRun(aRun({ workflowId: 'silent' }));
      const [late, early] = [anEvent({ key: 'late', kind: 'undo', atMs: T0 + 9 }), anEvent({ key: 'early', kind: 'breach' })];
      await records.appendEvents(id, [late, early, anEvent()]);
      await records.appendEvents('other', [early]);
      const found = await records.eventsOf([id, 'other', 'silent', 'nobody'], ['undo', 'breach']);
      expect([...found].sort()).toEqual(
        [
          [id, [early, late]],
          ['other', [early]],
        ].sort(),
      );
      await expect(records.eventsOf(Array<string>(1_001).fill(id), [])).rejects.toThrow(/1000 at most/);
    });
    test.each([NaN, Infinity, -Infinity])('refuse %d, naming the place, and keep nothing of the batch', async (number) => {
      const bad = anEvent({ key: 'bad', kind: 'breach', data: { at: [1, { value: number }] } });
      await expect(records.appendEvents(id, [anEvent(), bad])).rejects.toThrow(`event breach (bad).at[1].value: ${number} is not a number`);
      expect(await records.events(id)).toEqual([]);
    });
    test('with text that PostgreSQL cannot hold are kept with a replacement character', async () => {
      await records.appendEvents(id, [anEvent({ data: { argv: 'a\0b', half: 'x\ud800', 'k\0': '🚢' } })]);
      expect((await records.events(id))[0]?.data).toEqual({ argv: 'a\uFFFDb', half: 'x\uFFFD', 'k\uFFFD': '🚢' });
    });
    test('hold hostile text as it is', async () => {
      const data = { name: `'; DROP TABLE breakwater.runs; -- <script>"\\{},NULL` };
      await records.appendEvents(id, [anEvent({ key: `k'"{},\\`, data })]);
      expect(await records.events(id)).toEqual([anEvent({ key: `k'"{},\\`, data })]);
    });
  });

  describe('samples', () => {
    const series: RecordedSample[] = [
      aSample({ measurement: { kind: 'value', value: 1e-300 } }),
      aSample({ probe: 'errors', measurement: { kind: 'no-data', reason: 'empty result' } }),
      aSample({ atMs: T0 + 2_000, phase: 'fault', measurement: { kind: 'error', reason: 'timed out "after", {2 s}' } }),
      aSample({ atMs: T0 + 3_000, phase: 'recovery', measurement: { kind: 'value', value: -0.1 } }),
    ];
    const ordered = [series[1], series[0], series[2], series[3]];
    beforeEach(async () => {
      await records.openRun(aRun());
      await records.appendSamples(id, series);
    });
    test('come back as they were given, by time and probe', async () => expect(await records.samples(id)).toEqual(ordered));
    test('appended again are kept once, as they first were', async () => {
      await records.appendSamples(id, [aSample({ measurement: { kind: 'value', value: 7 } }), ...series]);
      expect(await records.samples(id)).toEqual(ordered);
    });
    test('of many runs at once each reach their run, and one that is refused fails alone', async () => {
      const ids = Array.from({ length: 40 }, (_, i) => `run-${i}`);
      for (const workflowId of ids) await records.openRun(aRun({ workflowId }));
      const value = (of: number) => aSample({ measurement: { kind: 'value', value: of } });
      const writes = ids.map((workflowId, i) => records.appendSamples(workflowId, [value(i), ...series.slice(2)]));
      const bad = Promise.allSettled([records.appendSamples('nobody', series), records.appendSamples('run-0', [value(NaN)])]);
      await Promise.all(writes);
      const whys = (await bad).map((answer) => (answer.status === 'rejected' ? String(answer.reason) : 'written'));
      expect(whys).toEqual([expect.stringContaining('no run nobody is recorded'), expect.stringContaining('NaN')]);
      for (const [i, workflowId] of ids.entries()) expect(await records.samples(workflowId)).toEqual([value(i), ...series.slice(2)]);
    });
    test('can be asked for by probe, phase and time', async () => {
      expect(await records.samples(id, { probe: 'errors' })).toEqual([series[1]]);
      expect(await records.samples(id, { phase: 'recovery' })).toEqual([series[3]]);
      expect(await records.samples(id, { fromMs: T0 + 2_000, toMs: T0 + 3_000 })).toEqual([series[2]]);
      expect(await records.samples('nobody')).toEqual([]);
    });
    test.each([NaN, Infinity])('refuse %d and keep nothing of the batch', async (value) => {
      const bad = aSample({ probe: 'p95', atMs: T0 + 9_000, measurement: { kind: 'value', value } });
      await expect(records.appendSamples(id, [aSample({ atMs: T0 + 8_000 }), bad])).rejects.toThrow(`sample of p95 at ${T0 + 9_000}`);
      expect(await records.samples(id)).toEqual(ordered);
    });
    test('refuse a time that is none', async () => {
      await expect(records.appendSamples(id, [aSample({ atMs: NaN })])).rejects.toThrow(/expected epoch milliseconds/);
    });
    test('by the thousand in one call', async () => {
      const many = Array.from({ length: 5_000 }, (_, i) =>
        aSample({ probe: 'p95', atMs: T0 + 10_000 + i, measurement: { kind: 'value', value: i / 7 } }),
      );
      await records.appendSamples(id, many);
      expect(await records.samples(id, { probe: 'p95' })).toEqual(many);
    });
    test('come in pages, signal by signal', async () => {
      const many = Array.from({ length: 12_000 }, (_, i) =>
        aSample({ probe: 'p95', atMs: T0 + 10_000 + i, measurement: { kind: 'value', value: i / 7 } }),
      );
      await records.appendSamples(id, many);
      const pages: RecordedSample[][] = [];
      for await (const page of records.samplePages(id)) pages.push(page);
      expect(pages.flat()).toEqual([series[1], ...many, series[0], series[2], series[3]]);
      for await (const page of records.samplePages('nobody')) expect(page).toEqual('no page');
    });
  });

  describe('signals', () => {
    const hour = 3_600_000;
    const series = (probe: string, from = T0): RecordedSample[] =>
      Array.from({ length: 4_000 }, (_, i) =>
        aSample({
          probe,
          atMs: from + i * 1_000,
          wave: i < 2_000 ? 'canary' : 'stress',
          iteration: i < 1_000 || i >= 2_000 ? 0 : 1,
          phase: (['baseline', 'fault', 'recovery'] as const)[Math.floor((i % 1_000) / 334)] ?? 'recovery',
          measurement: i % 97 === 5 ? { kind: 'no-data', reason: `empty, "${i}"` } : { kind: 'value', value: Math.sin(i) / 3 },
        }),
      );
    const all = [...series('errors'), ...series('p95')];
    const inSmall = signalsFromSamples(all);
    const thinned = inSmall.map((signal) => ({ ...signal, isFull: false }));
    const longAgo = { samplesSinceMs: T0 + 2 * hour, bucketsSinceMs: T0 - hour };
    beforeEach(async () => {
      await records.openRun(aRun());
      await records.appendSamples(id, all);
    });

    test('are reckoned from every sample, by name', async () => {
      expect(await records.signals(id)).toEqual(inSmall);
      expect(await records.signals('nobody')).toEqual([]);
    });
    test('of a run that is over stay as they were when its samples go; the run and its events stay', async () => {
      await records.closeRun(id, close);
      await records.appendEvents(id, [anEvent()]);
      expect(await records.prune(longAgo, false)).toEqual({ signals: 2, samples: 8_000, buckets: 0 });
      expect(await records.signals(id)).toEqual(inSmall);
      expect(await records.prune(longAgo, true)).toEqual({ signals: 2, samples: 8_000, buckets: 0 });
      expect(await records.samples(id)).toEqual([]);
      expect(await records.signals(id)).toEqual(thinned);
      expect(await records.findRun(id)).toEqual({ ...aRun(), ...close });
      expect(await records.events(id)).toEqual([anEvent()]);
      expect(await records.prune(longAgo, true)).toEqual({ signals: 0, samples: 0, buckets: 0 });
    });
    test('of a run that is younger, or still goes on, keep their samples', async () => {
      await records.openRun(aRun({ workflowId: 'live', startedAtMs: T0 - 9 * hour }));
      await records.appendSamples('live', [aSample({ atMs: T0 + 2 * hour })]);
      await records.openRun(aRun({ workflowId: 'young' }));
      await records.appendSamples('young', [aSample()]);
      await records.closeRun('young', { ...close, closedAtMs: T0 + 2 * hour });
      await records.prune(longAgo, true);
      expect(await records.samples('live')).toHaveLength(1);
      expect(await records.samples('young')).toHaveLength(1);
      expect(await records.samples(id)).toEqual([]); // never closed, and silent since
    });
    test('take no sample that arrives after their samples went', async () => {
      await records.prune(longAgo, true);
      await records.appendSamples(id, [aSample({ probe: 'p95', atMs: T0 + 1, measurement: { kind: 'value', value: 1e9 } })]);
      expect(await records.signals(id)).toEqual(thinned);
      for await (const page of records.samplePages(id)) expect(page).toEqual('no page');
      expect(await records.prune(longAgo, true)).toEqual({ signals: 1, samples: 1, buckets: 0 });
      expect(await records.signals(id)).toEqual(thinned);
    });
    test('keep their numbers when the buckets go too', async () => {
      await records.closeRun(id, close);
      await records.prune(longAgo, true);
      const buckets = thinned.reduce((sum, signal) => sum + signal.buckets.length, 0);
      expect(buckets).toBeGreaterThan(500);
      const ever = { samplesSinceMs: T0 + 2 * hour, bucketsSinceMs: T0 + 2 * hour };
      expect(await records.prune(ever, false)).toEqual({ signals: 0, samples: 0, buckets });
      expect(await records.prune(ever, true)).toEqual({ signals: 0, samples: 0, buckets });
      expect(await records.signals(id)).toEqual(thinned.map((signal) => ({ ...signal, buckets: [] })));
    });
    test('are not pruned by a rule that contradicts itself', async () => {
      await expect(records.prune({ samplesSinceMs: T0, bucketsSinceMs: T0 + 1 }, true)).rejects.toThrow(/keep them as long, or longer/);
      await expect(records.prune({ samplesSinceMs: NaN, bucketsSinceMs: T0 }, true)).rejects.toThrow(/samplesSinceMs: NaN is no time/);
    });
  });

  describe('the audit log', () => {
    const post: RecordedPostMortem = {
      ...{ workflowId: id, digest: 'abc', by: 'bob', atMs: T0 + 70_000 },
      ...{ completed: 1, fields: 2, missing: ['impact'], runbook: 'not-yet' as const },
    };
    const entries = async (filter?: Parameters<Records['auditPages']>[0]) => {
      const found: AuditEntry[] = [];
      for await (const page of records.auditPages(filter)) found.push(...page);
      return found;
    };
    const inspected = async (published?: AuditHead[]) => inspectChain(await entries(), sha256, published);

    test('has an entry for all that is recorded of a run, bound to its digests and its ticket, and only one however often it is recorded', async () => {
      const events = [
        anEvent({ data: { requestedBy: 'ada' } }),
        anEvent({ key: 'k2', kind: 'approved', wave: 'canary', iteration: 0, data: { by: 'ann' } }),
      ];
      for (let i = 0; i < 2; i++) {
        await records.openRun(aRun());
        await records.appendEvents(id, events.slice(0, 1 + i));
        await records.closeRun(id, close);
        await records.recordPostMortem(post);
      }
      const chain = await entries();
      const run = {
        ...{ workflowId: id, runId: 'r-1', planDigest: 'sha256:aaaa', ticket: 'CHG-1', requestedBy: 'ada' },
        experimentDigest: digestOfJson(aRun().experiment),
      };
      expect(chain.map(({ sequence, action, actor, subject, atMs }) => ({ sequence, action, actor, subject, atMs }))).toEqual([
        { sequence: 1, action: 'run-opened', actor: 'ada', subject: id, atMs: T0 },
        { sequence: 2, action: 'run-started', actor: 'ada', subject: id, atMs: T0 + 1 },
        { sequence: 3, action: 'run-closed', actor: 'breakwater', subject: id, atMs: T0 + 60_000 },
        { sequence: 4, action: 'post-mortem', actor: 'bob', subject: id, atMs: T0 + 70_000 },
        { sequence: 5, action: 'approved', actor: 'ann', subject: id, atMs: T0 + 1 },
      ]);
      for (const entry of chain) expect(entry.run).toEqual(run);
      expect(chain[2]?.details).toEqual({ verdict: 'passed', reason: 'all held', resultDigest: digestOfJson(close.result) });
      expect(chain[4]?.details).toEqual({ wave: 'canary', iteration: 0, data: { by: 'ann' } });
      expect(await inspected()).toEqual({ entries: 5, head: await records.auditHead(), matched: 0 });
      expect(await records.strayEvents(10)).toEqual([]);
    });
    test('is empty at first, and has no entry of what was refused', async () => {
      expect(await records.auditHead()).toBeUndefined();
      await expect(records.appendEvents('nobody', [anEvent()])).rejects.toThrow(/no run nobody/);
      await expect(records.openRun(aRun({ seed: NaN }))).rejects.toThrow(/NaN/);
      expect(await entries()).toEqual([]);
    });
    test('takes what is about no run, once for each key; refuses what is no JSON, with all that came with it', async () => {
      const fact = factAbout('environment:staging', 'halt', { key: 'halt/1', atMs: T0, actor: 'ann', reason: 'calls\u0000' });
      await Promise.all([records.appendAudit([fact, fact]), records.appendAudit([fact])]);
      await records.appendAudit([]);
      await expect(
        records.appendAudit([
          { ...fact, key: 'x' },
          { ...fact, key: 'y', details: { a: NaN } },
        ]),
      ).rejects.toThrow(/audit entry y/);
      const [entry, ...more] = await entries();
      expect(more).toEqual([]);
      expect(entry).toMatchObject({ ...fact, details: { reason: 'calls\uFFFD' } });
      expect(entry).not.toHaveProperty('run');
    });
    test('has one end however many write at once', async () => {
      const ids = Array.from({ length: 8 }, (_, i) => `run-${i}`);
      await Promise.all(ids.map((workflowId) => records.openRun(aRun({ workflowId }))));
      await Promise.all(
        ids.flatMap((workflowId) => [
          ...Array.from({ length: 5 }, (_, i) => records.appendEvents(workflowId, [anEvent({ key: `k${i}` }), anEvent({ key: `l${i}` })])),
          records.closeRun(workflowId, close),
        ]),
      );
      expect(await inspected()).toMatchObject({ entries: 8 * 12, head: { sequence: 8 * 12 } });
      expect((await entries({ workflowId: 'run-3' })).map(({ action }) => action).sort()).toEqual(
        ['run-opened', 'run-closed', ...Array.from({ length: 10 }, () => 'run-started')].sort(),
      );
      expect(await entries({ sinceMs: T0 + 60_000 })).toHaveLength(8);
      const whole = await entries();
      expect(await entries({ untilMs: T0 + 60_000 })).toEqual(whole.filter(({ atMs }) => atMs < T0 + 60_000));
      expect(await entries({ after: 2, sinceMs: T0 })).toEqual(whole.filter(({ sequence, atMs }) => sequence > 2 && atMs >= T0));
      expect(await entries({ after: 1e6 })).toEqual([]);
    });
    test('any event comes back so that its hash fits', async () => {
      await records.openRun(aRun());
      let key = 0;
      await fc.assert(
        fc.asyncProperty(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), async (data) => {
          await records.appendEvents(id, [anEvent({ key: `k${++key}`, data: data })]);
        }),
        { numRuns: 50 },
      );
      expect(await inspected()).toMatchObject({ head: { sequence: key + 1 } });
      expect((await inspected()).tampering).toBeUndefined();
      expect(await records.strayEvents(10)).toEqual([]);
    });
    test('is not touched by retention, which leaves an entry', async () => {
      await records.openRun(aRun());
      await records.appendSamples(id, [aSample()]);
      await records.closeRun(id, close);
      const head = (await records.auditHead())!;
      const ever = { samplesSinceMs: T0 + 90_000, bucketsSinceMs: T0 + 90_000 };
      await records.prune(ever, false);
      expect(await records.auditHead()).toEqual(head);
      await records.prune(ever, true);
      expect((await entries()).at(-1)).toMatchObject({ sequence: 3, action: 'records-pruned', details: { samples: 1, signals: 1 } });
      expect(await inspected([head])).toMatchObject({ matched: 1, head: { sequence: 3 } });
    });
  });

  test('ping tells the time of the store', async () =>
    expect(Math.abs((await records.ping()).serverTimeMs - Date.now())).toBeLessThan(60_000));

  describe('the catalogue of experiments', () => {
    const entry = (name: string, more: Partial<CatalogueEntry> = {}): CatalogueEntry => ({
      ...{
        name,
        environment: 'staging',
        service: 'payments',
        owner: 'team',
        digest: name.repeat(3),
        document: { hypothesis: 'nothing happens' },
      },
      ...{ path: `${name}.yaml`, commit: 'c0ffee', managedBy: 'ours', atMs: T0, ...more },
    });
    const change = (put: CatalogueEntry[], remove: CatalogueKey[] = [], managedBy = 'ours') =>
      records.changeCatalogue({ put, remove, managedBy, atMs: T0 });

    test('comes back as it was given, is replaced, taken away, and each is on the audit log', async () => {
      const first = entry('a', { statement: 'x.y.z' });
      await change([entry('b'), first]);
      expect(await records.catalogue()).toEqual([first, entry('b')]);
      expect(await records.catalogue('bbb')).toEqual([entry('b')]);
      await change(
        [entry('b', { digest: 'other' })],
        [
          { name: 'a', environment: 'staging' },
          { name: 'nobody', environment: 'staging' },
        ],
      );
      expect(await records.catalogue()).toEqual([entry('b', { digest: 'other' })]);
      const actions: string[] = [];
      for await (const page of records.auditPages()) actions.push(...page.map(({ action, subject }) => `${action} ${subject}`));
      expect(actions).toEqual([
        'experiment-catalogued experiment:b.staging',
        'experiment-catalogued experiment:a.staging',
        'experiment-catalogued experiment:b.staging',
        'experiment-removed experiment:a.staging',
      ]);
    });

    test('what another sync manages is neither changed nor taken away, and then nothing of it all is done', async () => {
      await change([entry('a')]);
      await expect(change([entry('b'), entry('a', { digest: 'mine' })], [], 'theirs')).rejects.toThrow(
        'experiment a in staging is managed by another sync',
      );
      await change([], [{ name: 'a', environment: 'staging' }], 'theirs');
      expect(await records.catalogue()).toEqual([entry('a')]);
    });

    test('one sync at a time; who fails lets go', async () => {
      await expect(
        records.aloneAtSync(async () => {
          expect(await records.aloneAtSync(() => Promise.resolve('in'))).toBeUndefined();
          throw new Error('it failed');
        }),
      ).rejects.toThrow('it failed');
      expect(await records.aloneAtSync((stillHeld) => Promise.resolve(stillHeld()).then(() => 'in'))).toBe('in');
    });
  });
}
