import type { AuditEntry } from '../../src/domain/audit/entry.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { aRun, anEvent, T0 } from '../records/examples.ts';
import { bearer, DIGEST, withFakes, type FakeApi } from './fakes.ts';

type Method = 'GET' | 'POST' | 'DELETE' | 'PUT';
const ask = async ({ app }: FakeApi, who: string, method: Method, url: string, payload?: object, headers: Record<string, string> = {}) => {
  const answer = await app.inject({ method, url, headers: { ...bearer(who), ...headers }, ...(payload !== undefined && { payload }) });
  const isJson = /json/.test(String(answer.headers['content-type']));
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text: answer.body,
    body: isJson ? answer.json<Record<string, unknown>>() : {},
  };
};
const document = experimentDocument();
const KEY = { 'idempotency-key': 'build-4711' };

describe('starting a run', () => {
  test('once for each key: again it is the same run, with another body it is refused', () =>
    withFakes(async (api) => {
      const first = await ask(api, 'operator', 'POST', '/v1/runs', { document, seed: 7 }, KEY);
      expect(first).toMatchObject({ status: 201, body: { alreadyStarted: false } });
      expect(first.headers['location']).toBe(`/v1/runs/${String(first.body['workflowId'])}`);
      const again = await ask(api, 'operator', 'POST', '/v1/runs', { document, seed: 7 }, KEY);
      expect(again).toMatchObject({ status: 200, body: { workflowId: first.body['workflowId'], alreadyStarted: true } });
      const other = experimentDocument({ hypothesis: 'pausing one payment worker keeps payment errors at or below two in a thousand' });
      expect(await ask(api, 'operator', 'POST', '/v1/runs', { document: other }, KEY)).toMatchObject({
        status: 409,
        body: { detail: expect.stringMatching(/take a new key/) as unknown },
      });
      const admins = await ask(api, 'admin', 'POST', '/v1/runs', { document: other }, KEY);
      expect(admins.status).toBe(201);
      expect(admins.body['workflowId']).not.toBe(first.body['workflowId']);
      expect(api.door.calls.map(([, options]) => (options as { requestedBy: string }).requestedBy)).toEqual([
        ...['key:operator', 'key:operator', 'key:operator', 'key:admin'],
      ]);
    }));

  test('wants a key, an experiment, and a role where its owner and environment are', () =>
    withFakes(async (api) => {
      const start = (who: string, body: object, headers: Record<string, string> = KEY) => ask(api, who, 'POST', '/v1/runs', body, headers);
      expect(await start('operator', { document }, {})).toMatchObject({
        status: 400,
        body: { detail: expect.stringMatching(/idempotency-key/) as unknown },
      });
      expect((await start('operator', { document }, { 'idempotency-key': 'short' })).status).toBe(400);
      expect(await start('operator', { document: {} })).toMatchObject({
        status: 400,
        body: { detail: expect.stringMatching(/metadata/) as unknown },
      });
      expect((await start('operator', { document, requestedBy: 'root' })).status).toBe(400);
      for (const who of ['viewer', 'approver', 'other']) expect((await start(who, { document })).status).toBe(403);
      for (const metadata of [{ owner: 'search' }, { environment: 'production' }])
        expect(
          (await start('operator', { document: experimentDocument({ metadata: { ...(document['metadata'] as object), ...metadata } }) }))
            .status,
        ).toBe(403);
      expect(api.door.calls).toEqual([]);
    }));

  test('with the key of a run that Temporal has forgotten starts nothing', () =>
    withFakes(async (api) => {
      const { body } = await ask(api, 'operator', 'POST', '/v1/runs', { document }, KEY);
      await api.records.openRun(aRun({ workflowId: String(body['workflowId']) }));
      api.door.runs.clear();
      expect(await ask(api, 'operator', 'POST', '/v1/runs', { document }, KEY)).toMatchObject({
        status: 409,
        body: { detail: expect.stringMatching(/long over/) as unknown },
      });
    }));
});

describe('acting on a run', () => {
  const steers: [string, string, string][] = [
    ['approve', 'approver admin', 'viewer operator'],
    ['reject', 'approver admin', 'viewer operator'],
    ['abort', 'operator approver admin', 'viewer'],
    ['pause', 'operator admin', 'viewer approver'],
    ['resume', 'operator admin', 'viewer approver'],
  ];
  test.each(steers)('%s: %s may, %s may not, and for another team there is no such run', (steer, may, mayNot) =>
    withFakes(async (api) => {
      api.door.runs.set('run.1', { owner: 'payments', environment: 'staging' });
      const body = steer === 'approve' ? { digest: DIGEST, reason: 'fine' } : { reason: 'fine' };
      for (const who of may.split(' ')) {
        expect((await ask(api, who, 'POST', `/v1/runs/run.1/${steer}`, body)).status).toBe(200);
        expect(api.door.calls.at(-1)).toEqual([steer, 'run.1', { ...body, by: `key:${who}` }]);
      }
      const { length } = api.door.calls;
      for (const who of mayNot.split(' ')) expect((await ask(api, who, 'POST', `/v1/runs/run.1/${steer}`, body)).status).toBe(403);
      const hidden = await ask(api, 'other', 'POST', `/v1/runs/run.1/${steer}`, body);
      const none = await ask(api, 'other', 'POST', `/v1/runs/run.2/${steer}`, body);
      expect(hidden.status).toBe(404);
      expect(hidden.text.replaceAll('run.1', 'run.2')).toBe(none.text);
      expect(api.door.calls).toHaveLength(length);
    }),
  );

  test('nobody says who they are in the body', () =>
    withFakes(async (api) => {
      api.door.runs.set('run.1', { owner: 'payments', environment: 'staging' });
      for (const steer of ['approve', 'reject', 'abort', 'pause', 'resume'])
        expect((await ask(api, 'admin', 'POST', `/v1/runs/run.1/${steer}`, { digest: DIGEST, by: 'ceo' })).status).toBe(400);
      expect(api.door.calls).toEqual([]);
    }));

  test.each(['..%2F..%2Fhealthz', '%00', 'a%2Fb', '%0d%0aset-cookie:x', 'x'.repeat(250), 'ledger.staging', "'%20OR%201=1"])(
    'the id %s is no run, whoever asks',
    (id) =>
      withFakes(async (api) => {
        for (const path of ['', '/events', '/report']) expect((await ask(api, 'admin', 'GET', `/v1/runs/${id}${path}`)).status).toBe(404);
        expect(await ask(api, 'admin', 'POST', `/v1/runs/${id}/abort`, {})).toMatchObject({ status: 404, body: { status: 404 } });
        expect(api.door.calls).toEqual([]);
      }),
  );

  test('what stops a run needs no records', () =>
    withFakes(async (api) => {
      api.door.runs.set('run.1', { owner: 'payments', environment: 'staging' });
      api.records.findRun = () => Promise.reject(Object.assign(new Error('away'), { name: 'RecordsError', retryable: true }));
      expect((await ask(api, 'operator', 'POST', '/v1/runs/run.1/abort', {})).status).toBe(200);
      expect(await ask(api, 'operator', 'GET', '/v1/runs/run.1')).toMatchObject({
        status: 503,
        body: { detail: 'the records do not answer; try again' },
      });
    }));
});

/** Six runs of two teams, newest first: 0, 2 and 4 are of payments in staging. */
async function sixRuns({ records }: FakeApi): Promise<void> {
  for (let i = 0; i < 6; i++)
    await records.openRun(
      aRun({
        workflowId: `run-${i}`,
        startedAtMs: T0 - i,
        owner: i % 2 ? 'search' : 'payments',
        environment: i === 5 ? 'production' : 'staging',
      }),
    );
}

describe('looking at runs', () => {
  const ids = (body: Record<string, unknown>) => (body['runs'] as { workflowId: string }[]).map(({ workflowId }) => workflowId);

  test('everybody sees their own, page by page', () =>
    withFakes(async (api) => {
      await sixRuns(api);
      const first = await ask(api, 'viewer', 'GET', '/v1/runs?limit=2');
      expect(ids(first.body)).toEqual(['run-0', 'run-2']);
      const next = String(first.body['next']);
      const second = await ask(api, 'viewer', 'GET', `/v1/runs?limit=2&cursor=${next}`);
      expect(ids(second.body)).toEqual(['run-4']);
      expect(second.body).not.toHaveProperty('next');
      expect(ids((await ask(api, 'other', 'GET', '/v1/runs')).body)).toEqual(['run-1', 'run-3', 'run-5']);
      expect(ids((await ask(api, 'admin', 'GET', '/v1/runs?environment=production')).body)).toEqual(['run-5']);
      expect(first.text).not.toMatch(/hypothesis/);
    }));

  test("a cursor that was made up, or names another team's run, is none", () =>
    withFakes(async (api) => {
      await sixRuns(api);
      const of = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const made = [
        of({ v: 1, after: 'run-1' }),
        of({ v: 1, after: 'nobody' }),
        of({ v: 2, after: 'run-0' }),
        of([]),
        'x',
        of({ v: 1, after: '../x' }),
      ];
      for (const cursor of made) {
        const { status, body } = await ask(api, 'viewer', 'GET', `/v1/runs?cursor=${cursor}`);
        expect([status, body['detail']]).toEqual([400, 'cursor: it is none that this API gave you; begin without it']);
      }
    }));

  test.each(['limit=0', 'limit=201', 'limit=x', 'verdict=good', 'since=yesterday', 'environment=A%20B', 'owner=search', 'limit=1&limit=2'])(
    'the query %s is not taken',
    (query) => withFakes(async (api) => expect((await ask(api, 'viewer', 'GET', `/v1/runs?${query}`)).status).toBe(400)),
  );

  test('since and until are instants', () =>
    withFakes(async (api) => {
      await sixRuns(api);
      const query = new URLSearchParams({ since: new Date(T0 - 2).toISOString(), until: new Date(T0).toISOString() }).toString();
      expect(ids((await ask(api, 'admin', 'GET', `/v1/runs?${query}`)).body)).toEqual(['run-1', 'run-2']);
    }));

  test('one run has its record, and its state while it lives; of another team there is none', () =>
    withFakes(async (api) => {
      await sixRuns(api);
      expect((await ask(api, 'viewer', 'GET', '/v1/runs/run-0')).body).toMatchObject({
        run: { workflowId: 'run-0' },
        state: { phase: 'holding' },
      });
      await api.records.closeRun('run-0', { verdict: 'passed', reason: 'held', result: {}, closedAtMs: T0 + 9 });
      const closed = await ask(api, 'viewer', 'GET', '/v1/runs/run-0');
      expect(closed.body).toMatchObject({ run: { verdict: 'passed' } });
      expect(closed.body).not.toHaveProperty('state');
      const hidden = await ask(api, 'viewer', 'GET', '/v1/runs/run-1');
      expect([hidden.status, hidden.text]).toEqual([
        404,
        (await ask(api, 'viewer', 'GET', '/v1/runs/run-x')).text.replace('run-x', 'run-1'),
      ]);
      api.door.runs.set('fresh', { owner: 'payments', environment: 'staging' });
      expect((await ask(api, 'viewer', 'GET', '/v1/runs/fresh')).body).toMatchObject({ state: { phase: 'holding' } });
    }));

  test.each([
    ['html', /^<!doctype html/i],
    ['markdown', /^# /],
    ['json', /^\{/],
    ['junit', /^<\?xml/],
    ['csv', /^/],
  ])('the report as %s runs nothing and loads nothing', (format, begins) =>
    withFakes(async (api) => {
      await sixRuns(api);
      const { status, text, headers } = await ask(api, 'viewer', 'GET', `/v1/runs/run-0/report?format=${format}`);
      expect([status, text]).toEqual([200, expect.stringMatching(begins)]);
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringMatching(/default-src 'none'.*sandbox/) as unknown,
        'x-content-type-options': 'nosniff',
      });
      expect((await ask(api, 'viewer', 'GET', `/v1/runs/run-1/report?format=${format}`)).status).toBe(404);
    }),
  );

  test('findings and leftovers are those of the own runs; a leftover is cleared by whoever may, under their name', () =>
    withFakes(async (api) => {
      await sixRuns(api);
      for (const id of ['run-0', 'run-1']) {
        await api.records.appendEvents(id, [anEvent({ key: 'l', kind: 'leftover', data: { what: `pause on ${id}` } })]);
        await api.records.closeRun(id, { verdict: 'failed', reason: 'slow', result: { leftovers: [] }, closedAtMs: T0 + 9 });
      }
      const found = async (who: string) => {
        const findings = (await ask(api, who, 'GET', '/v1/findings')).body['findings'] as { run: { workflowId: string } }[];
        const leftovers = (await ask(api, who, 'GET', '/v1/leftovers')).body['leftovers'] as { workflowId: string }[];
        return [...findings.map(({ run }) => run.workflowId), ...leftovers.map(({ workflowId }) => workflowId)];
      };
      expect(await found('viewer')).toEqual(['run-0', 'run-0']);
      expect(await found('other')).toEqual(['run-1', 'run-1']);
      const clear = (who: string) => ask(api, who, 'POST', '/v1/runs/run-0/leftovers/clear', { reason: 'woken by hand' });
      expect([(await clear('viewer')).status, (await clear('other')).status, (await clear('operator')).status]).toEqual([403, 404, 200]);
      expect((await api.records.events('run-0')).at(-1)).toMatchObject({ kind: 'leftover-cleared', data: { by: 'key:operator' } });
      expect(await found('viewer')).toEqual(['run-0']);
    }));

  test('without a database it says so', () =>
    withFakes(
      async (api) => {
        for (const path of ['/v1/runs', '/v1/findings', '/v1/leftovers'])
          expect(await ask(api, 'admin', 'GET', path)).toMatchObject({
            status: 503,
            body: { detail: expect.stringMatching(/BREAKWATER_DATABASE_URL/) as unknown },
          });
      },
      { records: undefined } as object,
    ));
});

describe('halts', () => {
  test('of an environment want a role there for every team; who acts is who is authenticated', () =>
    withFakes(async (api) => {
      const halt = (who: string, body: object) => ask(api, who, 'POST', '/v1/halt', { reason: 'why', ...body });
      for (const who of ['viewer', 'operator', 'approver', 'other']) expect((await halt(who, { environment: 'staging' })).status).toBe(403);
      expect((await halt('pager', {})).status).toBe(403);
      expect((await halt('pager', { environment: 'production' })).status).toBe(403);
      expect(await halt('pager', { environment: 'staging', by: 'ceo' })).toMatchObject({
        status: 400,
        body: { detail: expect.stringMatching(/leave it out/) as unknown },
      });
      expect(await halt('pager', { environment: 'staging' })).toMatchObject({ status: 202, body: { halt: { by: 'key:pager' } } });
      expect((await halt('admin', {})).status).toBe(202);
      const lift = (who: string) => ask(api, who, 'DELETE', '/v1/halt?environment=staging&reason=over');
      expect([(await lift('pager')).status, (await lift('admin')).status]).toEqual([403, 204]);
      expect(api.door.calls.map(([name]) => name)).toEqual(['halt', 'halt', 'liftHalt']);
    }));

  test('an incident of one environment that is not the own one stops none of them', () =>
    withFakes(async (api) => {
      const alert = (environment: string) => ({ status: 'firing', labels: { breakwater_incident: environment } });
      const send = (...names: string[]) => ask(api, 'pager', 'POST', '/v1/incidents', { version: '4', alerts: names.map(alert) });
      expect((await send('staging', 'production')).status).toBe(403);
      expect(api.door.calls).toEqual([]);
      expect(await send('staging')).toMatchObject({ status: 202, body: { incidents: [{ halt: { by: 'key:pager', kind: 'incident' } }] } });
    }));

  test('that stand are seen where one has a role, and the one of all by everybody', () =>
    withFakes(async (api) => {
      expect(Object.keys((await ask(api, 'viewer', 'GET', '/v1/halt')).body)).toEqual(['_all', 'staging']);
      expect(Object.keys((await ask(api, 'admin', 'GET', '/v1/halt')).body)).toHaveLength(3);
    }));
});

test('schedules: added, seen and removed by whoever may; others know of none', () =>
  withFakes(async (api) => {
    const add = (who: string) =>
      ask(api, who, 'POST', '/v1/schedules', { document, name: 'tuesdays', cron: '0 10 * * 2', zone: 'Europe/Berlin' });
    for (const who of ['viewer', 'approver', 'other']) expect((await add(who)).status).toBe(403);
    expect(await add('operator')).toMatchObject({ status: 201, body: { name: 'tuesdays', requestedBy: 'key:operator' } });
    const list = async (who: string) => ((await ask(api, who, 'GET', '/v1/schedules')).body['schedules'] as unknown[]).length;
    expect([await list('viewer'), await list('other')]).toEqual([1, 0]);
    for (const act of ['pause', 'resume', 'trigger']) {
      const status = async (who: string) => (await ask(api, who, 'POST', `/v1/schedules/tuesdays/${act}`)).status;
      expect([await status('operator'), await status('viewer'), await status('other')]).toEqual([200, 403, 404]);
      expect(api.door.calls.at(-1)).toEqual([act, 'tuesdays', 'key:operator']);
    }
    const remove = async (who: string) => (await ask(api, who, 'DELETE', '/v1/schedules/tuesdays')).status;
    expect([await remove('viewer'), await remove('other'), await remove('operator'), await remove('operator')]).toEqual([
      403, 404, 204, 404,
    ]);
  }));

test('the calendar shows what one may see, as data and as a feed; how far ahead is bounded', () =>
  withFakes(async (api) => {
    const body = { document, name: 'tuesdays', cron: '0 10 * * 2', zone: 'Europe/Berlin' };
    expect((await ask(api, 'operator', 'POST', '/v1/schedules', body)).status).toBe(201);
    const data = async (who: string) => (await ask(api, who, 'GET', '/v1/schedules/calendar?days=7')).body['entries'] as unknown[];
    expect(await data('viewer')).toMatchObject([
      { schedule: 'tuesdays', experiment: 'payment-worker', environment: 'staging', paused: false },
    ]);
    expect(await data('other')).toEqual([]);
    const feed = async (who: string) => ask(api, who, 'GET', '/v1/schedules/calendar.ics');
    const { status, headers, text } = await feed('viewer');
    expect([status, headers['content-type']]).toEqual([200, 'text/calendar; charset=utf-8']);
    expect(text).toMatch(/^BEGIN:VCALENDAR\r\n[^]*SUMMARY:Breakwater: payment-worker in staging\r\n[^]*END:VCALENDAR\r\n$/);
    expect((await feed('other')).text).not.toContain('VEVENT');
    for (const days of ['0', '367', 'x', '1.5'])
      expect((await ask(api, 'viewer', 'GET', `/v1/schedules/calendar?days=${days}`)).status).toBe(400);
    for (const address of ['calendar', 'calendar.ics'])
      expect(await ask(api, 'admin', 'DELETE', `/v1/schedules/${address}`)).toMatchObject({ status: 405, headers: { allow: 'GET' } });
  }));

/** What is on the audit log, as far as it is about acts. */
async function audited({ records }: FakeApi): Promise<[action: string, actor: string, subject: string][]> {
  const entries: AuditEntry[] = [];
  for await (const page of records.auditPages()) entries.push(...page);
  return entries.map(({ action, actor, subject }) => [action, actor, subject]);
}

test('an act that the run refuses, or comes too late for, is 422 and on the audit log', () =>
  withFakes(async (api) => {
    api.door.runs.set('run.1', { owner: 'payments', environment: 'staging' });
    const refuse = (error: Error): void => {
      api.door.steer = () => Promise.reject(error);
    };
    refuse(Object.assign(new Error('update failed'), { name: 'WorkflowUpdateFailedError', cause: new Error('another digest') }));
    expect(await ask(api, 'approver', 'POST', '/v1/runs/run.1/approve', { digest: DIGEST })).toMatchObject({
      status: 422,
      body: { detail: 'another digest' },
    });
    refuse(Object.assign(new Error('not found'), { name: 'WorkflowNotFoundError' }));
    expect(await ask(api, 'operator', 'POST', '/v1/runs/run.1/abort', {})).toMatchObject({
      status: 422,
      body: { detail: 'the run is over' },
    });
    expect(await audited(api)).toEqual([
      ['act-refused', 'key:approver', 'run.1'],
      ['act-refused', 'key:operator', 'run.1'],
    ]);
  }));

test('acts on schedules are on the audit log; none but a pause is done without it', () =>
  withFakes(async (api) => {
    const body = { document, name: 'tuesdays', cron: '0 10 * * 2', zone: 'Europe/Berlin' };
    expect((await ask(api, 'operator', 'POST', '/v1/schedules', body)).status).toBe(201);
    expect((await ask(api, 'operator', 'POST', '/v1/schedules/tuesdays/trigger')).status).toBe(200);
    expect(await audited(api)).toEqual([
      ['schedule-add', 'key:operator', 'schedule:tuesdays'],
      ['schedule-trigger', 'key:operator', 'schedule:tuesdays'],
    ]);
    api.records.appendAudit = () => Promise.reject(Object.assign(new Error('away'), { name: 'RecordsError', retryable: true }));
    expect((await ask(api, 'operator', 'POST', '/v1/schedules/tuesdays/trigger')).status).toBe(503);
    expect((await ask(api, 'operator', 'POST', '/v1/schedules/tuesdays/pause')).status).toBe(200);
    expect(api.door.calls.map(([name]) => name)).toEqual(['addSchedule', 'trigger', 'pause']);
  }));

describe('nobody by name', () => {
  const local = { access: undefined } as object;
  const here = { host: 'localhost' };

  test('at this machine may look, stop and lift, and neither plan, start nor approve', () =>
    withFakes(async (api) => {
      api.door.runs.set('run.1', { owner: 'payments', environment: 'staging' });
      const at = async (method: Method, url: string, payload?: object, headers: Record<string, string> = {}) =>
        (await api.app.inject({ method, url, headers: { ...here, ...headers }, ...(payload && { payload }) })).statusCode;
      expect(await at('POST', '/v1/runs/run.1/abort', {})).toBe(200);
      expect(await at('POST', '/v1/halt', { by: 'ann', reason: 'why' })).toBe(202);
      expect(await at('POST', '/v1/runs', { document }, KEY)).toBe(403);
      expect(await at('POST', '/v1/plan', { document })).toBe(403);
      expect(await at('POST', '/v1/runs/run.1/approve', { digest: DIGEST })).toBe(403);
      expect(await at('POST', '/v1/schedules', { document, name: 'x', cron: '0 10 * * 2', zone: 'UTC' })).toBe(403);
    }, local));

  test("a web page in this machine's browser is not answered", () =>
    withFakes(async ({ app, door }) => {
      door.runs.set('run.1', { owner: 'payments', environment: 'staging' });
      for (const headers of [{ ...here, origin: 'https://evil.example' }, { ...here, origin: 'null' }, { host: 'evil.example' }])
        expect([403, 421]).toContain((await app.inject({ method: 'POST', url: '/v1/runs/run.1/pause', headers })).statusCode);
      expect(
        (await app.inject({ method: 'POST', url: '/v1/halt', headers: { ...here, 'content-type': 'text/plain' }, payload: '{}' }))
          .statusCode,
      ).toBe(415);
      expect(door.calls).toEqual([]);
    }, local));

  test('the shared token is an administrator whose name is api-token', () =>
    withFakes(
      async ({ app, door }) => {
        const headers = { authorization: 'Bearer a-token-of-the-tests', ...KEY };
        expect((await app.inject({ method: 'POST', url: '/v1/runs', headers, payload: { document } })).statusCode).toBe(201);
        expect(door.calls[0]?.[1]).toMatchObject({ requestedBy: 'api-token' });
      },
      { token: 'a-token-of-the-tests' },
    ));
});

test('health is open and tells of the records; numbers and the description are not open', () =>
  withFakes(async (api) => {
    expect((await api.app.inject('/healthz')).json()).toEqual({ status: 'ok', records: 'ok' });
    api.records.ping = () => Promise.reject(new Error('away'));
    expect((await api.app.inject('/healthz')).json()).toEqual({ status: 'ok', records: 'unreachable' });
    for (const url of ['/metrics', '/v1/openapi.json', '/v1/me', '/nowhere']) expect((await api.app.inject(url)).statusCode).toBe(401);
    const { text } = await ask(api, 'viewer', 'GET', '/metrics');
    expect(text).toMatch(/breakwater_http_request_duration_seconds_count\{route="\/healthz",method="GET",status="200"\} 2/);
  }));
