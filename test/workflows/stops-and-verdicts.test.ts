import { ApplicationFailure } from '@temporalio/common';
import { exitCodeOf } from '../../src/client.ts';
import type { RecoveryRules } from '../../src/domain/recovery.ts';
import type { Hit, Returns } from '../../src/domain/returns.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument, fourWaves, scaleUp } from './harness/document.ts';
import { containing, expectNothingLeft, reach } from './harness/expectations.ts';
import { announce, breachingGuard, breachOf, endlessGuard, healthy, linger, type FakeSite } from './harness/fake-site.ts';
import { watchedRecords } from './harness/records.ts';
import { onStage, openTheatre, type Theatre } from './harness/stage.ts';

const isAnswered = (site: FakeSite) => () => site.of('injectFault').some(({ endedMs }) => endedMs !== undefined);
const outside = { kind: 'deadline' as const, outside: [{ probe: 'errors', tolerance: '≤ 0.001', worst: 0.5, count: 1 }] };
const violated = { probe: 'errors', tolerance: '≤ 0.001', worst: 0.02, count: 4 };

describeWithTemporal('stops and verdicts', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  test('a breach ends the run: undone, rolled back by runbook, recovered, no further wave', () =>
    onStage(theatre, async ({ site, start, verdict, records }) => {
      site.on('guardWave', breachingGuard(isAnswered(site)));
      const id = await start(experimentDocument({ waves: fourWaves, runbooks: scaleUp, rollbacks: ['scale-up'] }));
      const result = await verdict(id);
      expect(result).toMatchObject({ verdict: 'aborted', rule: 'stop-condition', reason: 'stop condition: errors > 0.001; it was 0.02' });
      expect(exitCodeOf(result)).toBe(4);
      expect(result.stopLatencyMs).toBeLessThan(2_000);
      expect(result.iterations.map(({ outcome }) => outcome)).toEqual(['walked', 'stopped']);
      expect(result.iterations[1]?.recovery).toMatchObject({ kind: 'recovered', helpedBy: ['scale-up'] });
      expect(site.calls.map(({ name }) => name)).toEqual([
        'prepareWave',
        'guardWave',
        'prepareWave',
        'guardWave',
        'injectFault',
        'revertFault',
        'applyRemedy',
        'awaitRecovery',
        'awaitRecovery',
      ]);
      expectNothingLeft(site);
      expect((await records.events(id)).map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(['breach', 'undo', 'runbook', 'recovery', 'closed']),
      );
    }));

  test('a breach in the middle of injecting withdraws the orders, and undoes what may have landed', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on(
        'guardWave',
        breachingGuard(() => site.of('injectFault').length === 2),
      );
      site.on('injectFault', async (_, usual) => {
        const done = await usual();
        await linger().catch(() => undefined);
        return done;
      });
      const result = await verdict(await start(experimentDocument({ selection: { count: 2 } })));
      expect(result).toMatchObject({ verdict: 'aborted', rule: 'stop-condition' });
      expect(site.of('injectFault')).toHaveLength(2);
      expectNothingLeft(site);
    }));

  test(
    'one injection fails while another is under way: the undo waits for both',
    () =>
      onStage(theatre, async ({ site, start, verdict }) => {
        site.on('injectFault', async (_, usual, nth) => {
          if (nth === 1) throw ApplicationFailure.nonRetryable('no such fault', 'UnknownFault');
          const endMs = Date.now() + 500;
          await linger(() => Date.now() >= endMs);
          return usual();
        });
        const result = await verdict(await start(experimentDocument({ selection: { count: 2 } })));
        expect(result).toMatchObject({ verdict: 'error', reason: 'injectFault: no such fault' });
        expectNothingLeft(site);
      }),
    30_000,
  );

  test(
    'the effect landed but the reply was lost: it is undone, and once more when the order has expired',
    () =>
      onStage(theatre, async ({ site, start, verdict, records }) => {
        site.on('injectFault', async (_, usual) => {
          await usual();
          throw ApplicationFailure.nonRetryable('the connection broke', 'Lost');
        });
        const id = await start();
        const result = await verdict(id);
        expect(result).toMatchObject({ verdict: 'error', leftovers: [] });
        expectNothingLeft(site);
        expect(site.of('revertFault')).toHaveLength(2);
        const [order] = site.orders('injectFault');
        expect(site.of('revertFault')[1]!.beganMs).toBeGreaterThanOrEqual(order!.notAfterMs);
        expect(site.of('awaitRecovery')).toHaveLength(1);
        expect(site.of('guardWave')[1]!.endedMs! - site.of('injectFault')[0]!.endedMs!).toBeLessThan(3_000); // nobody guards what is not held
        expect((await records.events(id)).map(({ kind }) => kind)).toContain('waiting-out');
      }),
    40_000,
  );

  test('a condition that tells of an incident: undone, and void, though the system did not come back', () =>
    onStage(theatre, async ({ site, start, verdict, records }) => {
      site.on('guardWave', breachingGuard(isAnswered(site), { probe: 'region', rule: 'region > 0', value: 2, limit: 0, incident: true }));
      site.on('awaitRecovery', () => Promise.resolve(outside));
      const id = await start();
      const result = await verdict(id);
      expect(result).toMatchObject({
        verdict: 'void',
        rule: 'unrelated-incident',
        reason: 'an incident outside of the experiment: region > 0; it was 2',
      });
      expect(exitCodeOf(result)).toBe(4);
      expectNothingLeft(site);
      expect((await records.events(id)).find(({ kind }) => kind === 'breach')?.data).toMatchObject({ incident: true });
    }));

  test('a guard that is lost is blindness, and blindness stops', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('guardWave', async ({ place, holdMs }, usual) => {
        if (holdMs === 0) return usual();
        await announce(place);
        await linger(isAnswered(site));
        throw ApplicationFailure.nonRetryable('out of memory');
      });
      expect(await verdict(await start())).toMatchObject({
        verdict: 'aborted',
        rule: 'guard-blind',
        reason: containing('out of memory'),
      });
      expectNothingLeft(site);
    }));

  test('a guard that ends before it saw anything lets nothing be injected', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('guardWave', async ({ holdMs }, usual) =>
        holdMs === 0
          ? usual()
          : { kind: 'breached', breach: breachOf({ blind: true, value: null }), endedMs: Date.now(), summaries: {}, violations: [] },
      );
      expect(await verdict(await start())).toMatchObject({ verdict: 'aborted', rule: 'guard-blind' });
      expect(site.of('injectFault')).toEqual([]);
    }));

  test('an undo that cannot be done is named, and is the loudest end', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('revertFault', () => Promise.reject(ApplicationFailure.nonRetryable('permission denied')));
      const result = await verdict(await start(experimentDocument({ waves: fourWaves })));
      expect(result).toMatchObject({ verdict: 'error', rule: 'leftovers', reason: containing('a person must look') });
      expect(result.leftovers).toEqual([containing('process-pause on worker')]);
      expect(exitCodeOf(result)).toBe(6);
      expect(site.of('injectFault')).toHaveLength(1); // no further wave
    }));

  test('one undo fails, the others are done all the same', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('revertFault', (_, usual, nth) =>
        nth === 1 ? Promise.reject(ApplicationFailure.nonRetryable('permission denied')) : usual(),
      );
      const result = await verdict(await start(experimentDocument({ selection: { count: 2 } })));
      expect(result.leftovers).toHaveLength(1);
      expect(site.paused.size).toBe(1);
    }));

  test('an undo that fails for a while is tried again', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('revertFault', (_, usual, nth) => (nth < 4 ? Promise.reject(new Error('not yet')) : usual()));
      expect(await verdict(await start())).toMatchObject({ verdict: 'passed', leftovers: [] });
      expectNothingLeft(site);
    }));

  test.each([
    [
      'the victim was skipped',
      { outcome: 'skipped' as const, reason: 'the pid was reused', effect: { proven: false, evidence: 'nothing was done' } },
      'the pid was reused',
    ],
    [
      'the effect is not proven',
      { outcome: 'injected' as const, effect: { proven: false, evidence: 'still in state S' } },
      'still in state S',
    ],
  ])('%s: invalid', (_name, injection, why) =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('injectFault', () => Promise.resolve({ atMs: Date.now(), ...injection }));
      const result = await verdict(await start());
      expect(result).toMatchObject({ verdict: 'invalid', rule: 'no-effect', reason: containing(why) });
      expect(exitCodeOf(result)).toBe(8);
      expect(new Set(result.victims.map(({ wave }) => wave)).size).toBe(1); // a wave that proved nothing is no ground for the next
      expectNothingLeft(site);
    }),
  );

  test('a violation during the hold refutes the hypothesis', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('guardWave', async (_, usual) => ({ ...(await usual()), violations: [violated] }));
      const result = await verdict(await start());
      expect(result).toMatchObject({ verdict: 'failed', rule: 'hypothesis-refuted', reason: containing('0.02') });
      expect(exitCodeOf(result)).toBe(3);
      expect(new Set(result.victims.map(({ wave }) => wave)).size).toBe(1);
    }));

  test('signals without data are no pass', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('guardWave', async (_, usual) => ({ ...(await usual()), summaries: { errors: { ...healthy, values: 1, problems: 9 } } }));
      expect(await verdict(await start())).toMatchObject({ verdict: 'inconclusive', rule: 'too-little-data' });
    }));

  test('a run of nothing but dry runs shows nothing', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      expect(await verdict(await start(experimentDocument({ waves: [{ name: 'dry-run', dryRun: true }] })))).toMatchObject({
        verdict: 'inconclusive',
      });
      expect(site.of('injectFault')).toEqual([]);
    }));

  test('a system that does not come back: failed, and no further wave', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('awaitRecovery', () => Promise.resolve(outside));
      expect(await verdict(await start(experimentDocument({ waves: fourWaves })))).toMatchObject({
        verdict: 'failed',
        reason: containing('was not back within 2 s'),
      });
      expect(site.of('injectFault')).toHaveLength(1);
    }));

  test('an incident that begins while the system recovers: void, though it did not come back', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      const seen: RecoveryRules['triggers'][] = [];
      site.on('awaitRecovery', ({ rules }) => {
        seen.push(rules.triggers);
        if (seen.length === 1) return Promise.resolve({ kind: 'triggered', index: 0, rule: 'errors > 0.9', atMs: Date.now() });
        return Promise.resolve({ kind: 'deadline', outside: [] });
      });
      const conditions = [
        { probe: 'errors', above: 0.9, incident: true },
        { probe: 'errors', aboveBaseline: '300%', minDelta: 5, incident: true },
        { probe: 'errors', above: 0.8 },
      ];
      expect(await verdict(await start(experimentDocument({ stopConditions: conditions })))).toMatchObject({
        verdict: 'void',
        rule: 'unrelated-incident',
        reason: 'an incident outside of the experiment: errors > 0.9',
      });
      expect(seen).toEqual([[{ probe: 'errors', above: 0.9, for: 0 }], []]);
    }));

  test('an incident after an abort makes the run void: how it recovers says nothing any more', () =>
    onStage(theatre, async (stage) => {
      stage.site.on('guardWave', endlessGuard);
      stage.site.on('awaitRecovery', async () => {
        await linger(() => isTold);
        return { kind: 'deadline', outside: [] };
      });
      let isTold = false;
      const id = await stage.start();
      await reach(stage, id, 'holding');
      await stage.client.abort(id, { by: 'bob' });
      await stage.site.began('awaitRecovery');
      const halt = { kind: 'incident', by: 'alertmanager', reason: 'a region is down', atMs: Date.now() };
      await stage.client.temporal.workflow.getHandle(id).signal('halted', halt);
      await reach(stage, id, ({ events }) => events.some(({ kind }) => kind === 'incident'));
      isTold = true;
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'void', rule: 'unrelated-incident' });
    }));

  test('each victim that was seen to come back is on record with its time, also when the system as a whole did not', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      const back = (input: { population?: { hit?: Hit } }): { returns: Returns } => ({
        returns: Object.fromEntries(input.population?.hit?.atMs.map((atMs, i) => [`new-${i}`, atMs + 700 * (i + 1)]) ?? []),
      });
      site.on('awaitRecovery', (input) => Promise.resolve({ kind: 'recovered', sinceMs: Date.now(), ...back(input) }));
      const passed = await verdict(await start());
      expect(passed.iterations.at(-1)?.recovery).toMatchObject({ kind: 'recovered', returnsInMs: [700] });
      site.on('awaitRecovery', (input) => Promise.resolve({ kind: 'deadline', outside: [], ...back(input) }));
      const failed = await verdict(await start());
      expect(failed.iterations.at(-1)?.recovery).toMatchObject({ kind: 'not-recovered', returnsInMs: [700] });
    }));

  test('a system that comes back late: failed', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('awaitRecovery', () => Promise.resolve({ kind: 'recovered', sinceMs: Date.now() + 5_000 }));
      expect(await verdict(await start())).toMatchObject({ verdict: 'failed', reason: containing('promised within 2 s') });
    }));

  test('a remediation trigger runs its runbook, once, and recovery goes on', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('awaitRecovery', ({ rules }, usual) =>
        rules.triggers.length > 0 ? Promise.resolve({ kind: 'triggered', index: 0, rule: 'errors > 0.5', atMs: Date.now() }) : usual(),
      );
      const result = await verdict(
        await start(
          experimentDocument({ runbooks: scaleUp, remediation: [{ when: { probe: 'errors', above: 0.5 }, runbook: 'scale-up' }] }),
        ),
      );
      expect(result).toMatchObject({ verdict: 'passed' });
      expect(result.iterations[1]?.recovery).toMatchObject({ kind: 'recovered', helpedBy: ['scale-up'] });
      expect(site.of('applyRemedy')).toHaveLength(1);
    }));

  test('unmet preconditions: denied before anything was injected, gate closed afterwards', async () => {
    const unmet = [{ probe: 'cpu', tolerance: '< 0.6', why: 'median 0.9' }];
    await onStage(theatre, async ({ site, start, verdict }) => {
      site.on('prepareWave', async (_, usual) => ({ ...(await usual()), unmet }));
      const result = await verdict(await start());
      expect(result).toMatchObject({ verdict: 'denied', reason: 'not before wave dry-run: cpu (< 0.6): median 0.9' });
      expect(exitCodeOf(result)).toBe(5);
      expect(site.of('guardWave')).toEqual([]);
    });
    await onStage(theatre, async ({ site, start, verdict }) => {
      site.on('prepareWave', async ({ wave }, usual) => ({ ...(await usual()), unmet: wave.name === 'canary' ? unmet : [] }));
      expect(await verdict(await start(experimentDocument({ waves: fourWaves })))).toMatchObject({
        verdict: 'aborted',
        rule: 'gate-closed',
      });
      expect(site.of('injectFault')).toHaveLength(1);
    });
  });

  test('nobody to hit: denied', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.population = [];
      expect(await verdict(await start())).toMatchObject({ verdict: 'denied', reason: containing('nobody to hit') });
    }));

  test('policy and windows are asked before anything happens, and again before each wave', async () => {
    await onStage(theatre, async ({ site, start, verdict }) => {
      const metadata = { name: 'payment-worker', owner: 'payments', service: 'payments', environment: 'production' };
      expect(await verdict(await start(experimentDocument({ metadata })))).toMatchObject({
        verdict: 'denied',
        reason: containing('production-needs-approval'),
      });
      expect(site.calls).toEqual([]);
    });
    let nowMs = Date.parse('2026-11-23T10:00:00Z'); // a Monday
    await onStage(
      theatre,
      async ({ site, start, verdict }) => {
        site.on('revertFault', (_, usual) => {
          nowMs = Date.parse('2026-11-23T20:00:00Z');
          return usual();
        });
        const windows = [{ days: ['mon'], from: '09:00', to: '17:00', zone: 'UTC' }];
        expect(await verdict(await start(experimentDocument({ windows, waves: fourWaves })))).toMatchObject({
          verdict: 'aborted',
          rule: 'gate-closed',
          reason: containing('window'),
        });
        expect(site.of('injectFault')).toHaveLength(1);
        expect(await verdict(await start(experimentDocument({ windows })))).toMatchObject({ verdict: 'denied' });
        expect(site.of('injectFault')).toHaveLength(1);
      },
      { nowMs: () => nowMs },
    );
  });

  test.each([
    ['no input at all', undefined, 'input is not valid'],
    ['a document that is a number', { document: 42, seed: 1, timeScale: 1, requestedBy: 'ann' }, 'experiment is not valid'],
    ['missing fields', { document: experimentDocument() }, 'input is not valid'],
    ['a text', 'kill everything', 'input is not valid'],
    [
      'another digest',
      { document: experimentDocument(), seed: 1, timeScale: 1, requestedBy: 'ann', expectedDigest: 'f00' },
      'not the one that was asked for',
    ],
    [
      'a violated disruption budget that nobody approves',
      {
        document: experimentDocument({
          targets: { kind: 'pod', namespace: 'shop', selector: 'app=web' },
          fault: { kind: 'pod-evict', mode: 'violate' },
        }),
        ...{ seed: 1, timeScale: 1, requestedBy: 'ann' },
      },
      'would violate disruption budgets without an approval',
    ],
  ])('started straight by Temporal with %s: denied, not Failed', (_name, input, why) =>
    onStage(theatre, async ({ site, startRaw, verdict }) => {
      const { workflowId } = await startRaw(input);
      expect(await verdict(workflowId)).toMatchObject({ verdict: 'denied', reason: containing(why) });
      expect(site.calls).toEqual([]);
    }),
  );

  test('records that are away at the start: an error, and nothing is injected', () => {
    const records = watchedRecords();
    records.isDown = true;
    return onStage(
      theatre,
      async ({ site, start, verdict }) => {
        const id = await start();
        setTimeout(() => (records.isDown = false), 2_000);
        expect(await verdict(id)).toMatchObject({ verdict: 'error', reason: containing('records database does not answer') });
        expect(site.calls).toEqual([]);
      },
      { records },
    );
  });

  test('records that go away in the middle: the run undoes, finishes, and writes what it kept', () => {
    const records = watchedRecords();
    return onStage(
      theatre,
      async ({ site, start, verdict }) => {
        site.on('injectFault', (_, usual) => {
          records.isDown = true;
          return usual();
        });
        site.on('awaitRecovery', (_, usual) => {
          setTimeout(() => (records.isDown = false), 1_500);
          return usual();
        });
        const id = await start();
        expect(await verdict(id)).toMatchObject({ verdict: 'passed', recordsIncomplete: false });
        expect(records.refused).toBeGreaterThan(0);
        expectNothingLeft(site);
        expect((await records.events(id)).map(({ kind }) => kind)).toEqual(expect.arrayContaining(['injected', 'undo', 'closed']));
      },
      { records },
    );
  });
});
