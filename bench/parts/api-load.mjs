import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { createRecords } from '../../dist/records/postgres.js';
import { freePort, startApiProcess } from '../lib/api.mjs';
import { start, startSleepers, stop } from '../lib/children.mjs';
import { hitOne } from '../lib/document.mjs';
import { recordPastRuns } from '../lib/past-runs.mjs';
import { runPool, say, until } from '../lib/pool.mjs';
import { profileTo, startWorkerProcess } from '../lib/stack.mjs';
import { aimAtLeast, round, sumUp } from '../lib/statistics.mjs';
import { measured, readStat, usageOf } from '../lib/usage.mjs';
import { watchEvents } from '../lib/watch.mjs';

const bareApi = fileURLToPath(new URL('../processes/bare-api.mjs', import.meta.url));
const APP = 'watched';
const [CONNECTIONS, PRINCIPALS, WATCHERS, WATCHED] = [20, 20, 50, 5];
const OFFERED = 500;
/** They count every request all the same; that they refuse none is what is wanted here. */
const LIMITS = { BREAKWATER_API_PER_PRINCIPAL: '1000000', BREAKWATER_API_PER_ADDRESS: '1000000' };

/** What people and their tools read, of a hundred requests. */
const MIX = { detail: 40, list: 25, report: 15, me: 10, schedules: 4, findings: 3, leftovers: 3 };
const pathOf = (kind, id, i) =>
  ({
    detail: `/v1/runs/${id}`,
    list: i % 2 === 0 ? '/v1/runs?limit=50' : `/v1/runs?service=service-${i % 20}&limit=50`,
    report: `/v1/runs/${id}/report?format=json`,
    me: '/v1/me',
    schedules: '/v1/schedules',
    findings: `/v1/findings?service=service-${i % 20}`,
    leftovers: '/v1/leftovers',
  })[kind];

const requestsOf = (kinds, ids, keys) =>
  kinds.map((kind, i) => ({
    method: 'GET',
    path: pathOf(kind, ids[(i * 97) % ids.length], i),
    headers: { authorization: `Bearer ${keys[i % keys.length]}` },
  }));

/** The kinds, spread evenly: request 37 of a hundred is at place 37 × 37 mod 100. */
const mixed = () => {
  const all = Object.entries(MIX).flatMap(([kind, share]) => Array(share).fill(kind));
  return all.map((_, i) => all[(i * 37) % all.length]);
};

/** @param offered requests a second; undefined: as many as are answered. Latencies are then those without waiting for their turn */
async function load(url, requests, seconds, offered) {
  const found = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: seconds,
    requests,
    timeout: 20,
    ...(offered && { overallRate: offered }),
  });
  const { latency, errors, timeouts, non2xx } = found;
  return {
    perSecond: round(found.requests.total / found.duration),
    latencyMs: { p50: latency.p50, p99: latency.p99, max: latency.max },
    ...{ requests: found.requests.total, errors, timeouts, non2xx },
  };
}

/** Runs that hold while they are watched; an event is written into each of them every second. */
async function watchLive({ stack, world, api, records }) {
  const sleepers = await startSleepers(WATCHED, APP);
  const runs = await runPool(WATCHED, WATCHED, async (slot) => {
    const document = hitOne({ name: `${APP}-${slot}`, app: APP, slot, url: world.urlOf(APP), every: '1s', hold: '30m' });
    const { workflowId } = await stack.client.startExperiment({ document, requestedBy: 'bench', idempotencyKey: `${APP}-${slot}` });
    await until(`${workflowId} pauses its victim`, 60_000, 50, () => readStat(sleepers[slot].pid)?.state === 'T');
    return workflowId;
  });
  const seenMs = [];
  const take = ({ atMs, kind }) => kind === 'bench' && seenMs.push(Date.now() - atMs);
  const leave = Array.from({ length: WATCHERS }, (_, i) => watchEvents(api.url, api.keys[i % PRINCIPALS], runs[i % WATCHED], take));
  let number = 0;
  const timer = setInterval(() => {
    const atMs = Date.now();
    for (const id of runs) void records.appendEvents(id, [{ key: `bench/${number++}`, atMs, kind: 'bench', data: {} }]);
  }, 1_000);
  return {
    /** Latencies since the last call. */
    taken: () => sumUp(seenMs.splice(0)),
    async end() {
      clearInterval(timer);
      await Promise.all(leave.map((end) => end()));
      // A machine that is this busy may not answer in time; what is left ends with the servers of this part.
      const ended = await Promise.allSettled(
        runs.map(async (id) => {
          await stack.client.abort(id, { by: 'bench', reason: 'measured' });
          await stack.client.waitForVerdict(id, 60_000);
        }),
      );
      for (const { reason } of ended.filter(({ status }) => status === 'rejected'))
        say(`api-load: a watched run did not end: ${reason.message}`);
      await Promise.all(sleepers.map((sleeper) => stop(sleeper, 'SIGKILL')));
    },
  };
}

/** Runs started over HTTP, as CI jobs start them; each is denied by the worker because nobody is there to be hit. */
async function startRuns({ api, world }, count, atOnce) {
  const startMs = performance.now();
  const tookMs = await runPool(count, atOnce, async (i) => {
    const document = hitOne({ name: `started-${i}`, app: 'nobody', slot: i, url: world.urlOf(APP), every: '1s', hold: '1s' });
    const headers = {
      authorization: `Bearer ${api.keys[i % PRINCIPALS]}`,
      'content-type': 'application/json',
      'idempotency-key': `bench-start-${i}`,
    };
    const askedMs = performance.now();
    const answer = await fetch(`${api.url}/v1/runs`, { method: 'POST', headers, body: JSON.stringify({ document, seed: 7 }) });
    if (answer.status !== 201) throw new Error(`start ${i}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
    return performance.now() - askedMs;
  });
  const seconds = (performance.now() - startMs) / 1_000;
  return { runs: count, atOnce, perSecond: round(count / seconds), latencyMs: sumUp(tookMs) };
}

async function bare(seconds) {
  const port = await freePort();
  const child = await start(process.execPath, [bareApi], { env: { PATH: process.env.PATH, BARE_PORT: String(port) } });
  const url = `http://127.0.0.1:${port}`;
  await until('the bare API answers', 10_000, 50, () =>
    fetch(`${url}/run`).then(
      () => true,
      () => false,
    ),
  );
  const requests = [{ method: 'GET', path: '/run' }];
  try {
    await load(url, requests, 2);
    return { offered: await load(url, requests, seconds, OFFERED), fullSpeed: await load(url, requests, seconds) };
  } finally {
    await stop(child);
  }
}

/** The HTTP API under load: a bare Fastify route, mixed reads at 500 a second and at full speed, watchers meanwhile, starts. */
export async function apiLoad({ stack, world, quick, profile }) {
  const seconds = quick ? 8 : 20;
  const records = createRecords({ url: stack.env.BREAKWATER_DATABASE_URL, maxConnections: 4 });
  try {
    await records.migrate();
    const ids = await recordPastRuns(records, quick ? 500 : 3_000);
    const worker = await startWorkerProcess(stack, 'worker', 'breakwater');
    const api = await startApiProcess(stack, { principals: PRINCIPALS, env: LIMITS, args: profileTo(profile) });
    for (const name of ['nightly', 'weekly'])
      await stack.client.schedules.add({
        ...{ name, cron: '0 3 1 1 *', zone: 'Europe/Berlin', requestedBy: 'bench' },
        document: hitOne({ name, app: 'nobody', slot: 0, url: world.urlOf(APP), every: '1s', hold: '1s' }),
      });
    const idleMb = usageOf(api.pid).residentMb;
    say('api-load: a bare Fastify route');
    const bareFastify = await bare(seconds);
    say(`api-load: ${WATCHERS} watchers of ${WATCHED} live runs`);
    const watching = await watchLive({ stack, world, api, records });
    await delay(3_000);
    watching.taken();
    await delay(seconds * 1_000);
    const watchersAlone = watching.taken();
    const requests = requestsOf(mixed(), ids, api.keys);
    await load(api.url, requests, 3); // compiled and connected
    const pids = { api: api.pid, postgres: stack.postgres.pid, temporal: stack.temporal.pid, worker: worker.pid };
    say(`api-load: mixed reads, ${OFFERED} a second offered`);
    watching.taken();
    const offered = await measured(pids, () => load(api.url, requests, seconds, OFFERED));
    const watchersOffered = watching.taken();
    say('api-load: mixed reads at full speed');
    const full = await measured(pids, () => load(api.url, requests, seconds));
    const watchersFull = watching.taken();
    const routes = {};
    for (const kind of Object.keys(MIX))
      routes[kind] = await load(api.url, requestsOf(Array(100).fill(kind), ids, api.keys), quick ? 2 : 4);
    await watching.end();
    say('api-load: starts');
    const starts = await startRuns({ api, world }, quick ? 100 : 300, 10);
    const residentMb = { idle: round(idleMb), atTheEnd: round(usageOf(api.pid).residentMb) };
    await api.stop();
    await worker.stop();
    const { value: mixedOffered, processes: offeredUse } = offered;
    const { value: mixedFull, processes: fullUse } = full;
    return {
      ...{ recordedRuns: ids.length, mix: MIX, connections: CONNECTIONS, principals: PRINCIPALS, seconds, bareFastify },
      mixedOffered: { offered: OFFERED, ...mixedOffered, cpu: offeredUse },
      mixedFullSpeed: { ...mixedFull, cpu: fullUse, ratioToBareFastify: round(mixedFull.perSecond / bareFastify.fullSpeed.perSecond) },
      watchers: { watchers: WATCHERS, eventLatencyMs: { alone: watchersAlone, offered: watchersOffered, fullSpeed: watchersFull } },
      ...{ routes, starts, residentMb },
      aims: { perSecond: aimAtLeast(mixedOffered.perSecond, OFFERED * 0.99) },
    };
  } catch (error) {
    say(`api-load: ${error.stack}`); // before the servers end, which has errors of its own
    throw error;
  } finally {
    await records.close();
  }
}
