import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { createReadiness } from '../../src/adapters/http/readiness.ts';
import { createHttp } from '../../src/adapters/http/request.ts';
import { createProcesses } from '../../src/adapters/process/index.ts';
import { TargetSpec, targets } from '../../src/targets/index.ts';
import { endAll, never, start } from '../adapters/process/harness/children.ts';
import { kubernetes } from '../support/no-cluster.ts';

const tag = `ready-${process.pid}`;
const http = createHttp();
const ports = { processes: createProcesses(), readiness: createReadiness(http), kubernetes };
afterEach(endAll);
afterAll(() => http.close());

const discover = (ready?: object) =>
  targets.process.discover({ kind: 'process', labels: { run: tag }, ...(ready && { ready }) }, ports, 'here', never);
const reasons = async (ready?: object): Promise<string[]> => (await discover(ready)).unready.map(({ why }) => why);
const sleeper = (labels = '') => start(['sleep', '1000'], { BREAKWATER_LABELS: `run=${tag}${labels}` });

/** A server that answers with `status`, and says its ports. */
async function server(status: number, count = 1, labels = ''): Promise<number[]> {
  const listen = `s.listen(0,'127.0.0.1',()=>{ports.push(s.address().port);if(ports.length===${count})console.log(ports.join(' '))})`;
  const program = `const ports=[];for(let i=0;i<${count};i++){const s=require('http').createServer((q,r)=>{r.statusCode=${status};r.end()});${listen}}`;
  const child = await start([process.execPath, '-e', program], { BREAKWATER_LABELS: `run=${tag}${labels}` });
  return ((await once(child.stdout!, 'data')) as [Buffer])[0].toString().trim().split(' ').map(Number);
}

test('without a block, who lives and is not stopped is ready', async () => {
  const [one] = [await sleeper(), await sleeper()];
  expect(await discover()).toMatchObject({ targets: [{}, {}], unready: [] });
  one.kill('SIGSTOP');
  await delay(50);
  const { targets: all, unready } = await discover();
  expect(all).toHaveLength(2); // it is still there, and may not be counted on
  expect(unready).toMatchObject([{ name: `sleep (pid ${one.pid})`, why: 'it is stopped (state T)' }]);
  one.kill('SIGCONT');
  await delay(50);
  expect(await reasons()).toEqual([]);
});

test('uptime: running is not yet ready', async () => {
  await sleeper();
  expect(await reasons({ uptimeAtLeast: '30s' })).toEqual([
    expect.stringMatching(/^it has been up for \d+\.\d s, and is ready after 30 s$/),
  ]);
  await delay(250);
  expect(await reasons({ uptimeAtLeast: '200ms' })).toEqual([]);
});

test('listening, on any port or on one', async () => {
  await sleeper();
  expect(await reasons({ listening: true })).toEqual(['it listens on no TCP port']);
  await endAll();
  const [port] = await server(200);
  expect(await reasons({ listening: true })).toEqual([]);
  expect(await reasons({ listening: port })).toEqual([]);
  expect(await reasons({ listening: 9 })).toEqual(['it does not listen on port 9']);
});

test('http: the answer decides; its port and its labels go into the address', async () => {
  await server(200, 1, ',path=health');
  const url = 'http://127.0.0.1:{port}/{label:path}';
  expect(await reasons({ http: { url } })).toEqual([]);
  await endAll();
  const [port] = await server(503, 1, ',path=health');
  expect(await reasons({ http: { url } })).toEqual([`http://127.0.0.1:${port}/health answered 503`]);
});

test('http: nobody answers, or nobody can say where to ask', async () => {
  const [first, second] = await server(200, 2, ',path=../admin');
  const sorted = (text: string): string => text.replace(/\d+, \d+/, (pair) => pair.split(', ').sort().join(', '));
  const [several] = await reasons({ http: { url: 'http://127.0.0.1:{port}/' } });
  expect(sorted(several!)).toBe(
    `{port}: it listens on several ports (${[String(first), String(second)].sort().join(', ')}); say which by a label`,
  );
  expect(await reasons({ http: { url: 'http://127.0.0.1:9/{label:path}' } })).toEqual([
    expect.stringMatching(/'\.\.\/admin' .*does not go into a URL/),
  ]);
  expect(await reasons({ http: { url: 'http://127.0.0.1:9/{label:none}' } })).toEqual(['{label:none}: it has no such label']);
  expect(await reasons({ http: { url: 'http://127.0.0.1:9/' } })).toEqual([expect.stringMatching(/127\.0\.0\.1:9\/: ECONNREFUSED/)]);
});

test('http: an answer that does not come in time is none', async () => {
  const program = `require('http').createServer(()=>{}).listen(0,'127.0.0.1',()=>console.log('up'))`;
  const child = await start([process.execPath, '-e', program], { BREAKWATER_LABELS: `run=${tag}` });
  await once(child.stdout!, 'data');
  expect(await reasons({ http: { url: 'http://127.0.0.1:{port}/', timeout: '100ms' } })).toEqual([
    expect.stringMatching(/no answer within 100 ms/),
  ]);
});

test.each<[object, RegExp]>([
  [{}, /at least one of uptimeAtLeast, listening and http/],
  [{ listening: false }, /listening/],
  [{ listening: 70_000 }, /listening/],
  [{ uptimeAtLeast: 3 }, /duration with its unit/],
  [{ http: { url: 'ftp://x/' } }, /expected http/],
  [{ http: { url: 'http://user:pass@host/' } }, /without credentials/],
  [{ http: { url: 'http://127.0.0.1/{name}' } }, /only placeholders/],
  [{ http: { url: 'http://127.0.0.1/', timeout: '6s' } }, /10ms to 5s/],
  [{ command: ['true'] }, /command/],
])('the block %j is refused', (ready, message) => {
  const parsed = TargetSpec.safeParse({ kind: 'process', port: 80, ready });
  expect(parsed.success ? 'accepted' : z.prettifyError(parsed.error)).toMatch(message);
});
