import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BreakwaterClient } from '../../src/client.ts';
import { searchAttributes } from '../../src/domain/search-attributes.ts';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { checkTemporal } from '../../src/sandbox/servers/temporal-health.ts';
import { buildWhenStale, call, start, type Ended, type Running } from '../cli/command.ts';
import { describeWithDatabase, describeWithTemporal, temporalAddress } from '../support/servers.ts';
import { answerPlaces, filePlaces, schedulePlaces, tablePlaces, workflowPlaces } from './collect.ts';
import { leaving, passing, telling, turning, type Parts } from './documents.ts';
import { formsOf, nameCanary, plainCanary, scan, signedCanary, type Places } from './scanner.ts';
import { prepare } from './stage.ts';
import { startTeller, type Teller } from './teller.ts';

const describeWithBoth = describeWithTemporal === describe ? describeWithDatabase : describeWithTemporal;
const WITHIN_MS = 150_000;

/** @throws Error when it is not so in time */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + WITHIN_MS;
  while (!(await isSo())) {
    if (Date.now() > untilMs) throw new Error(`not so within ${WITHIN_MS} ms: ${isSo.toString()}`);
    await delay(200);
  }
}

test('the scanner finds every part of every form, and nothing else', () => {
  for (const canary of [plainCanary(), signedCanary(), nameCanary()]) {
    for (const form of formsOf(canary)) {
      const at = Math.floor(form.length / 3);
      expect(scan({ log: `before ${form.slice(at, at + 12)} after` }, { canary })).toMatchObject([{ canary: 'canary', place: 'log' }]);
    }
    for (const before of ['', 'a', 'ab', 'abc'])
      expect(scan({ log: Buffer.from(`${before}${canary}!`).toString('base64') }, { canary })).toHaveLength(1);
    expect(scan({ log: `before ${canary.slice(3, 14)} after` }, { canary })).toEqual([]);
    expect(scan({ log: 'nothing' }, { canary: plainCanary() })).toEqual([]);
  }
});

describeWithBoth('secrets', () => {
  const planted = nameCanary();
  let teller: Teller;
  let stage: Awaited<ReturnType<typeof prepare>>;
  let client: BreakwaterClient;
  let worker: Running;
  let api: Running;
  let url: string;
  let victims: ChildProcess[];
  const places: Places = {};
  const runs: string[] = [];

  const add = (more: Places): void => {
    for (const [place, text] of Object.entries(more)) places[place] = `${places[place] ?? ''}\n${text}`;
  };
  const ask = async (method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> => {
    const sent = { authorization: `Bearer ${stage.canaries.apiToken}`, ...(body && { 'content-type': 'application/json' }), ...headers };
    const answer = await fetch(url + path, { method, headers: sent, ...(body && { body: JSON.stringify(body) }) });
    add({ [`${method} ${path.split('?')[0]}`]: `${JSON.stringify([...answer.headers])} ${await answer.clone().text()}` });
    return answer;
  };
  const startRun = async (document: object, name: string): Promise<string> => {
    const answer = await ask('POST', '/v1/runs', { document, seed: 7 }, { 'idempotency-key': `secrets-${name}` });
    expect([name, answer.status]).toEqual([name, 201]);
    const { workflowId } = (await answer.json()) as { workflowId: string };
    runs.push(workflowId);
    return workflowId;
  };
  const cli = (...args: string[]): Promise<Ended> => call(args, { cwd: stage.home, env: stage.env });
  const said = async (...args: string[]): Promise<Ended> => {
    const ended = await cli(...args);
    add({ [`breakwater ${args.join(' ')}`]: ended.stdout + ended.stderr });
    return ended;
  };

  beforeAll(async () => {
    buildWhenStale();
    await checkTemporal({ address: temporalAddress() }, 'default', searchAttributes);
    teller = await startTeller();
    stage = await prepare(teller.url, planted);
    client = await BreakwaterClient.connect({ connection: { address: temporalAddress() }, taskQueue: stage.taskQueue });
    victims = [0, 1, 2, 3].map((slot) =>
      spawn('sleep', ['600'], {
        env: { PATH: process.env['PATH'], BREAKWATER_LABELS: `app=${stage.taskQueue},slot=${slot}` },
        stdio: 'ignore',
      }),
    );
    writeFileSync(join(stage.scripts, 'victim.pid'), String(victims[3]?.pid));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    worker = start(['worker'], { env: stage.env });
    api = start(['api'], { env: { ...stage.env, BREAKWATER_API_PORT: String(port) } });
    await Promise.all([worker.says('worker is ready'), api.says('api is ready')]);
  }, 240_000);
  afterAll(async () => {
    for (const running of [worker, api]) running?.child.kill('SIGTERM');
    await Promise.all([worker?.ended, api?.ended]);
    for (const victim of victims ?? []) victim.kill('SIGKILL');
    await client?.close();
    await teller?.close();
    await stage?.drop();
  }, 60_000);

  test('runs that pass, stop, fail and leave something behind tell none of them', async () => {
    const parts: Parts = { url: teller.url, app: stage.taskQueue, planted, scripts: stage.scripts };
    const { canaries } = stage;

    const plan = await ask('POST', '/v1/plan', { document: telling(parts) });
    expect(plan.status).toBe(200);
    const [good, turns, tells, leaves] = [
      await startRun(passing(parts), 'passing'),
      await startRun(turning(parts), 'turning'),
      await startRun(telling(parts), 'telling'),
      await startRun(leaving(parts), 'leaving'),
    ];
    await until(async () => (await client.status(turns)).phase === 'holding');
    add(await workflowPlaces(client.temporal, stage.taskQueue)); // activities that are under way, with their heartbeats
    teller.turnBad();

    const schedule = { name: `nightly-${planted}`, cron: '0 3 1 1 *', zone: 'Europe/Berlin', document: telling(parts) };
    expect((await ask('POST', '/v1/schedules', schedule)).status).toBe(201);
    expect((await ask('POST', `/v1/schedules/${schedule.name}/trigger`, {})).status).toBe(200);

    // What is refused is in no log either.
    const user = `http://${canaries.urlUser}:${canaries.urlUser}@127.0.0.1:9/`;
    const careless = { ...passing(parts), probes: { http: { provider: { kind: 'http', url: user, read: 'ok' } } } };
    for (const path of ['/v1/plan', '/v1/runs'])
      expect((await ask('POST', path, { document: careless }, { 'idempotency-key': 'secrets-careless' })).status).toBe(400);
    for (const [path, status] of [
      ['/v1/runs', 400],
      ['/v1/nowhere', 404],
      ['/healthz', 200],
    ] as const)
      // prettier-ignore
      expect((await ask('GET', `${path}?token=${canaries.urlQuery}`)).status).toBe(status);
    expect((await ask('GET', '/v1/me', undefined, { authorization: `Bearer ${canaries.wrongToken}` })).status).toBe(401);
    expect((await ask('GET', '/v1/me', undefined, { authorization: `Basic ${canaries.wrongToken}` })).status).toBe(401);
    expect((await ask('GET', `/v1/runs/${planted}`)).status).toBe(404);

    // Its undo would be tried for half an hour: the janitor, which finds it terminated, is less patient, and pages.
    await until(async () => (await client.status(leaves)).phase === 'undoing');
    add(await workflowPlaces(client.temporal, stage.taskQueue));
    await client.temporal.workflow.getHandle(leaves).terminate('somebody clicked');

    const verdicts = await Promise.all([good, turns, tells].map(async (id) => (await client.waitForVerdict(id, WITHIN_MS))?.verdict));
    expect(verdicts).toEqual(['passed', expect.not.stringMatching('passed'), expect.not.stringMatching('passed')]);
    await until(() => teller.asked.filter((path) => path.startsWith('/pager/')).length > 1);
    expect(teller.asked).toEqual(expect.arrayContaining(['/repair', '/status', '/text', '/late', '/prometheus/api/v1/query', '/turn']));
    expect(teller.asked.some((path) => path.startsWith('/audit/'))).toBe(true);

    await until(async () => {
      const found = Object.keys(await workflowPlaces(client.temporal, stage.taskQueue));
      return [`nightly-${planted}`, ...runs].every((id) => found.some((one) => one.startsWith('history') && one.includes(id)));
    });
    add(await workflowPlaces(client.temporal, stage.taskQueue));
    add(await schedulePlaces(client.temporal, stage.taskQueue));
    add(await answerPlaces(url, canaries.apiToken, runs, [schedule.name], [leaves]));
    for (const args of [['audit', 'export'], ['leftovers'], ['findings', '--all'], ['runs', '-o', 'json'], ['show', tells]])
      await said(...args);
    for (const running of [worker, api]) running.child.kill('SIGTERM');
    const [workerLog, apiLog] = await Promise.all([worker.ended, api.ended]);
    add({ 'log of the worker': workerLog.stdout + workerLog.stderr, 'log of the API': apiLog.stdout + apiLog.stderr });
    add(await tablePlaces(stage.databaseUrl));
    add(filePlaces(stage.home, 'file'));

    expect(scan(places, stage.secrets)).toEqual([]);
  }, 400_000);

  test('and the scanner would have found them: what was put into every place is found there', () => {
    const found = scan(places, { planted }).map(({ place }) => place);
    const within = (kind: RegExp): string[] => found.filter((place) => kind.test(place));
    for (const kind of [
      ...[/^history run\./, /^history leaving-|^history ledger/, /^list of workflows/, /^description of workflow/, /^schedule /],
      ...[
        /^GET \/v1\/runs$/,
        /^GET \/v1\/runs\/run\.\w+$/,
        /\/events$/,
        /^GET \/v1\/schedules$/,
        /^GET \/v1\/findings/,
        /^GET \/v1\/leftovers/,
      ],
      ...['json', 'html', 'markdown', 'junit'].map((format) => new RegExp(`report\\?format=${format}$`)),
      ...[/^table breakwater\.runs$/, /^table breakwater\.events$/, /^table breakwater\.audit$/],
      ...[
        /^log of the worker$/,
        /^log of the API$/,
        /^file state\/journal/,
        /^breakwater audit export/,
        /^breakwater leftovers/,
        /^POST \/v1\/plan/,
      ],
    ])
      expect([kind, within(kind).length > 0]).toEqual([kind, true]);
  });
});
