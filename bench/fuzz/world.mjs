import { setTimeout as delay } from 'node:timers/promises';
import { startSleepers } from '../lib/children.mjs';
import { hitOne } from '../lib/document.mjs';
import { until } from '../lib/pool.mjs';

const APP = 'fuzzed';

/** An experiment that the fuzzer may start as often as it likes. */
export const documentFor = (world, slot = 0) => hitOne({ name: APP, app: APP, slot, url: world.urlOf(APP), every: '1s', hold: '500ms' });

/** Things for ids to be of: a run that passed, one that was refused, one that waits for an approval, two schedules. */
export async function furnish({ world, url, key }) {
  await startSleepers(3, APP);
  const ask = async (method, path, body, headers = {}) => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const start = async (document, name) =>
    (await ask('POST', '/v1/runs', { document, seed: 7 }, { 'idempotency-key': `furniture-${name}` })).workflowId;
  const waiting = { ...documentFor(world, 1), approvals: { required: 1, within: '2h' } };
  const nobody = { ...documentFor(world, 2), targets: { kind: 'process', labels: { app: 'nobody' } } };
  const closed = [await start(documentFor(world), 'passed'), await start(nobody, 'nobody')];
  const awaiting = await start(waiting, 'waits');
  for (const id of closed)
    await until(`${id} ends`, 60_000, 250, async () => (await ask('GET', `/v1/runs/${id}`)).run?.closedAtMs !== undefined);
  await until(`${awaiting} waits`, 60_000, 250, async () => (await ask('GET', `/v1/runs/${awaiting}`)).state?.awaiting !== undefined);
  const schedules = ['nightly', 'weekly'];
  for (const name of schedules)
    await ask('POST', '/v1/schedules', { name, cron: '0 3 1 1 *', zone: 'Europe/Berlin', document: documentFor(world) });
  await delay(500); // Temporal's lists are a little behind
  return { runs: [...closed, awaiting], closed, schedules, document: documentFor(world) };
}
