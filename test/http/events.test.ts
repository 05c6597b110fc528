import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { ApiProblem, BreakwaterHttpClient, type Watched } from '../../src/client.ts';
import { sseMessages, type SseMessage } from '../../src/client/sse.ts';
import type { RunEvent, RunState } from '../../src/domain/run.ts';
import type { LiveAccess } from '../../src/http/identity/live-access.ts';
import { watchRun } from '../../src/http/watch.ts';
import { aRun, anEvent, T0 } from '../records/examples.ts';
import { access, bearer, fakeDoor, keyOf, withFakes, type FakeApi } from './fakes.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';

const event = (n: number, more: Partial<RunEvent> = {}): RunEvent =>
  anEvent({ key: `0000${n}-step`, atMs: T0 + n, kind: 'step', data: { n }, ...more });
const state = (phase: RunState['phase'], events: RunEvent[] = []): RunState => ({
  ...{ workflowId: 'run-0', phase, approvals: [], approvalsRequired: 0, victims: [], iterations: [], leftovers: [], events },
});

/** A run of payments in staging, with its first events on record. */
async function recorded({ records, door }: Pick<FakeApi, 'records' | 'door'>, events = [event(1), event(2)]): Promise<void> {
  await records.openRun(aRun({ workflowId: 'run-0', owner: 'payments' }));
  await records.appendEvents('run-0', events);
  door.runs.set('run-0', { owner: 'payments', environment: 'staging' });
}
const closeIt = ({ records }: Pick<FakeApi, 'records'>) =>
  records.closeRun('run-0', { verdict: 'passed', reason: 'all held', result: {}, closedAtMs: T0 + 9 });

const stream = async (api: FakeApi, who: string, headers: Record<string, string> = {}) => {
  const answer = await api.app.inject({ url: '/v1/runs/run-0/events', headers: { ...bearer(who), ...headers } });
  return { status: answer.statusCode, type: answer.headers['content-type'], text: answer.body };
};
/** Ids of the events; the end has one of its own. */
const idsIn = (text: string): string[] => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? '').filter((id) => id !== '%end');

test('a run that is over is told from its first event to its verdict', () =>
  withFakes(async (api) => {
    await recorded(api);
    await closeIt(api);
    const { type, text } = await stream(api, 'viewer');
    expect(type).toMatch(/^text\/event-stream/);
    expect(idsIn(text)).toEqual(['00001-step', '00002-step']);
    expect(text).toMatch(/data: \{"key":"00001-step".*\}\n\n/);
    expect(text).toMatch(/id: %end\nevent: end\ndata: \{"verdict":"passed","reason":"all held"\}\n\n$/);
  }));

test('who comes back gets what came since, the verdict too; who has seen the end gets 204', () =>
  withFakes(async (api) => {
    await recorded(api);
    await closeIt(api);
    expect(idsIn((await stream(api, 'viewer', { 'last-event-id': '00001-step' })).text)).toEqual(['00002-step']);
    const onlyEnd = await stream(api, 'viewer', { 'last-event-id': '00002-step' });
    expect([idsIn(onlyEnd.text), onlyEnd.text]).toEqual([[], expect.stringContaining('"verdict":"passed"')]);
    expect(await stream(api, 'viewer', { 'last-event-id': '%end' })).toMatchObject({ status: 204, text: '' });
    for (const unknown of ['never-was', '%0a', 'x y'])
      expect(idsIn((await stream(api, 'viewer', { 'last-event-id': unknown })).text)).toHaveLength(2);
  }));

test("another team's run has no stream", () =>
  withFakes(async (api) => {
    await recorded(api);
    expect(await stream(api, 'other')).toMatchObject({ status: 404, type: expect.stringMatching(/problem/) as unknown });
  }));

test('an event cannot forge another one, or the end', () =>
  withFakes(async (api) => {
    const evil = 'x\n\nevent: end\ndata: {"verdict":"passed"}\n\n';
    await recorded(api, [event(1, { key: evil, data: { reason: evil } })]);
    await closeIt(api);
    const { text } = await stream(api, 'viewer');
    expect(text.match(/^event: /gm)).toHaveLength(1);
    expect(idsIn(text)).toEqual([encodeURIComponent(evil)]);
  }));

test('a stream that is asked for before other grants count, and opened after, is over from the start', () => {
  const listeners: (() => void)[] = [];
  const live: LiveAccess = {
    ...{ current: () => access, standing: () => 'ok', staleMs: () => 0, stop: () => undefined },
    onChange: (listener) => void listeners.push(listener),
  };
  return withFakes(
    async (api) => {
      await recorded(api);
      let goOn = (): void => undefined;
      const looked = new Promise<void>((done) => (goOn = done));
      const found = api.records.findRun.bind(api.records);
      let looks = 0;
      api.records.findRun = async (id) => {
        if (looks++ === 0) await looked;
        return found(id);
      };
      const answer = stream(api, 'viewer');
      while (looks === 0) await delay(5);
      for (const listener of listeners) listener();
      goOn();
      const told = await Promise.race([answer, delay(5_000, undefined)]);
      expect(told).toMatchObject({ status: 200, text: ': watching\n\n' });
    },
    { live },
  );
});

async function collect(frames: AsyncGenerator<string>, most: number): Promise<string> {
  let text = '';
  for (let i = 0; i < most; i++) {
    const next = await frames.next();
    if (next.done) break;
    text += next.value;
  }
  return text;
}

describe('watching', () => {
  const pace = { lookEveryMs: 5, beatEveryMs: 60_000 };

  test('what only the run knows is told at once, and not again when it is on record', async () => {
    const api = { door: fakeDoor(), records: createMemoryRecords() };
    api.door.runs.set('run-0', { owner: 'payments', environment: 'staging' });
    api.door.states.set('run-0', state('holding', [event(1), event(2)]));
    const frames = watchRun(api, 'run-0', { ...pace, signal: new AbortController().signal });
    expect(idsIn(await collect(frames, 3))).toEqual(['00001-step', '00002-step']);
    await recorded(api, [event(1), event(2), event(3)]);
    await closeIt(api);
    const rest = await collect(frames, 10);
    expect(idsIn(rest)).toEqual(['00003-step']);
    expect(rest).toMatch(/event: end/);
  });

  test('a run that is over and has no record ends by what it says itself', async () => {
    const door = fakeDoor();
    door.states.set('run-0', { ...state('closed', [event(1)]), decision: { verdict: 'denied', rule: 'policy', reason: 'no' } });
    const text = await collect(watchRun({ door }, 'run-0', { ...pace, signal: new AbortController().signal }), 10);
    expect(text).toMatch(/00001-step[\s\S]*id: %end\nevent: end\ndata: \{"verdict":"denied","reason":"no"\}/);
  });

  test('it beats when nothing happens, and ends when the proof of who watches does, without an end of the run', async () => {
    const door = fakeDoor();
    const frames = watchRun({ door }, 'run-0', {
      lookEveryMs: 1,
      beatEveryMs: 0,
      signal: new AbortController().signal,
      untilMs: Date.now() + 60,
    });
    const text = await collect(frames, 10_000);
    expect(text).toMatch(/: still here\n\n/);
    expect(text).not.toMatch(/event: end/);
  });

  test('a worker that is away ends nothing', async () => {
    const door = fakeDoor();
    door.status = () => Promise.reject(new Error('no poller'));
    const over = new AbortController();
    const frames = watchRun({ door }, 'run-0', { lookEveryMs: 1, beatEveryMs: 0, signal: over.signal });
    expect(await collect(frames, 3)).not.toMatch(/end/);
    over.abort();
    expect(await collect(frames, 3)).not.toMatch(/end/);
  });
});

describe('the client', () => {
  const listen = async ({ app }: FakeApi): Promise<string> => {
    await app.listen({ host: '127.0.0.1', port: 0 });
    return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  };

  test('watches to the end, over a stream that breaks', () =>
    withFakes(async (api) => {
      await recorded(api);
      const client = new BreakwaterHttpClient({ url: await listen(api), token: keyOf('viewer') });
      const seen: Watched[] = [];
      for await (const one of client.watch('run-0')) {
        seen.push(one);
        if (seen.length !== 2) continue;
        api.app.server.closeAllConnections();
        await api.records.appendEvents('run-0', [event(3)]);
        await closeIt(api);
      }
      expect(seen.map((one) => (one.kind === 'event' ? one.event.key : one))).toEqual([
        ...['00001-step', '00002-step', '00003-step'],
        { kind: 'end', verdict: 'passed', reason: 'all held' },
      ]);
    }));

  test('throws when the stream ends again and again, with nothing new and no end of the run; one that stood is asked for as often as it ends', async () => {
    const beats = { count: 0 };
    const server = createServer((_request, response) => {
      beats.count++;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': watching\n\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = new BreakwaterHttpClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 't' });
    await expect(client.watch('run-0').next()).rejects.toThrow('ended 5 times with nothing new');
    expect(beats.count).toBe(5);
    let clockMs = 0;
    const now = jest.spyOn(Date, 'now').mockImplementation(() => (clockMs += 6_000)); // each stream stands for longer than that
    const over = new AbortController();
    const rest = client.watch('run-0', { signal: over.signal }).next();
    for (let i = 0; i < 1_000 && beats.count < 12; i++) await delay(25);
    over.abort();
    now.mockRestore();
    expect((await rest).done).toBe(true);
    expect(beats.count).toBeGreaterThanOrEqual(12); // five and seven
    server.closeAllConnections();
    server.close();
  });

  test('lists page by page, reads reports, and throws what the API says', () =>
    withFakes(async (api) => {
      for (let i = 0; i < 5; i++) await api.records.openRun(aRun({ workflowId: `run-${i}`, startedAtMs: T0 - i }));
      const url = await listen(api);
      const client = new BreakwaterHttpClient({ url, token: () => Promise.resolve(keyOf('admin')) });
      const ids: string[] = [];
      for await (const { workflowId } of client.allRuns({ limit: 2 })) ids.push(workflowId);
      expect(ids).toEqual(['run-0', 'run-1', 'run-2', 'run-3', 'run-4']);
      expect(await client.me()).toMatchObject({ subject: 'key:admin' });
      expect(await client.report('run-0', 'markdown')).toMatch(/^# /);
      await client.liftHalt({ reason: 'over' });
      expect(api.door.calls).toEqual([['liftHalt', undefined, { by: 'key:admin', reason: 'over' }]]);
      const error = await client.abort('../../v1/halt').catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(ApiProblem);
      expect(error).toMatchObject({ status: 404, message: 'there is no run ../../v1/halt' });
      await expect(client.watch('nobody').next()).rejects.toMatchObject({ status: 404 });
    }));

  test('shows its token to nobody on the way', async () => {
    const client = new BreakwaterHttpClient({ url: 'http://breakwater.example.com', token: 's' });
    await expect(client.me()).rejects.toThrow(/use https/);
  });
});

test('more streams than there is room for are refused, and a stream that ended makes room', () =>
  withFakes(
    async (api) => {
      await recorded(api);
      await api.app.listen({ host: '127.0.0.1', port: 0 });
      const url = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}/v1/runs/run-0/events`;
      const open = async (who: string) => {
        const leave = new AbortController();
        const { status, body } = await fetch(url, { headers: bearer(who), signal: leave.signal });
        return {
          status,
          leave: () =>
            void body
              ?.cancel()
              .catch(() => undefined)
              .finally(() => leave.abort()),
        };
      };
      const first = await open('viewer');
      expect([first.status, (await open('viewer')).status, (await open('operator')).status, (await open('admin')).status]).toEqual([
        200, 429, 200, 503,
      ]);
      first.leave();
      let status = 0;
      for (let i = 0; i < 100 && status !== 200; i++) {
        await delay(20);
        ({ status } = await open('viewer'));
      }
      expect(status).toBe(200);
    },
    { limits: { watchers: 2, watchersPerPrincipal: 1, perPrincipal: 1_000 } },
  ));

test('however a stream is cut into pieces, its messages are the same', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.json({ noUnicodeString: false }), { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      async (texts, sizes) => {
        const bytes = Buffer.from(texts.map((text, i) => `: beat\n\nid: ${i}\ndata: ${text}\n\n`).join(''));
        async function* pieces() {
          await Promise.resolve();
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length]!;
            yield bytes.subarray(at, at + size);
            at += size;
          }
        }
        const seen: SseMessage[] = [];
        for await (const message of sseMessages(pieces())) seen.push(message);
        expect(seen).toEqual(texts.map((data, i) => ({ id: String(i), event: 'message', data })));
      },
    ),
  ));
