import { Connection } from '@temporalio/client';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identify } from '../../src/sandbox/servers/process-identity.ts';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { stopRecorded } from '../../src/sandbox/servers/process-record.ts';
import { findTemporal, startTemporal, type TemporalServer } from '../../src/sandbox/servers/temporal.ts';
import { cliArgs } from '../../src/sandbox/servers/temporal-program.ts';
import { describeWithTemporal, freshDir, temporalAddress } from '../support/servers.ts';

const started: TemporalServer[] = [];
let dir: string;

const start = async (name: string, port?: number) => {
  const server = await startTemporal({ dataDir: join(dir, name), settings: undefined, log: () => {}, ...(port !== undefined && { port }) });
  started.push(server);
  return server;
};

beforeAll(async () => {
  dir = await freshDir('temporal');
});

afterAll(async () => {
  await Promise.all(started.map((server) => server.stop()));
});

describeWithTemporal('a Temporal server of our own', () => {
  test('keeps its workflows through kill -9, on the same port, and is found by its record', async () => {
    const first = await start('killed');
    await withConnection(first.address, (service) => service.startWorkflowExecution(waiting('kept')));
    expect((await findTemporal(join(dir, 'killed')))?.pid).toBe(first.pid);

    const gone = goneWithin(first.pid ?? NaN, 2_000);
    process.kill(first.pid ?? NaN, 'SIGKILL');
    await gone;
    expect(await findTemporal(join(dir, 'killed'))).toBeUndefined();

    const second = await start('killed', first.port);
    const answer = await withConnection(second.address, (service) =>
      service.describeWorkflowExecution({ namespace: 'default', execution: { workflowId: 'kept' } }),
    );
    expect(answer.workflowExecutionInfo?.execution?.workflowId).toBe('kept');
  });

  test('serves Temporal Web, and stops within its bound by SIGTERM, leaving no process', async () => {
    const server = await start('stopped');
    const page = await fetch(server.uiUrl ?? '');
    expect(page.status).toBe(200);
    const beganMs = Date.now();
    await server.stop();
    expect(Date.now() - beganMs).toBeLessThan(9_000); // at 10 s it would have been killed
    expect(await identify(server.pid ?? NaN)).toBeUndefined();
    expect(await findTemporal(join(dir, 'stopped'))).toBeUndefined();
    await server.stop();
  });

  test('gives old data the search attributes that came later', async () => {
    const dataDir = join(dir, 'older');
    const before = await startTemporal({ dataDir, settings: undefined, searchAttributes: { Early: 'KEYWORD' } });
    started.push(before);
    await before.stop();
    const after = await startTemporal({ dataDir, settings: undefined, searchAttributes: { Early: 'KEYWORD', Late: 'KEYWORD_LIST' } });
    started.push(after);
    const connection = await Connection.connect({ address: after.address });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    await connection.close();
    expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining(['Early', 'Late']));
  });

  test('uses the server that the settings name, starts nothing and does not stop it', async () => {
    const address = temporalAddress();
    const settings = { given: true, address, namespace: 'default', connection: { address } };
    const server = await startTemporal({ dataDir: join(dir, 'given'), settings });
    expect(server).toMatchObject({ address, source: 'TEMPORAL_* settings' });
    expect(server.pid).toBeUndefined();
    await server.stop();
    await withConnection(address, (service) => service.getSystemInfo({}));
  });
});

test('names the settings when their server does not answer', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const settings = { given: true, address, namespace: 'shop', connection: { address } };
  await expect(startTemporal({ dataDir: join(dir, 'nobody'), settings })).rejects.toThrow(
    `Temporal at ${address}, namespace 'shop' (TEMPORAL_* settings) cannot be used`,
  );
});

test('says who holds the port', async () => {
  const holder: Server = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as { port: number };
  await expect(start('taken', port)).rejects.toThrow(new RegExp(`Port ${port} for Temporal is taken by .*\\(pid ${process.pid}\\)`));
  holder.close();
});

test('a record whose pid now belongs to another process stops nobody', async () => {
  const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(bystander, 'spawn');
  const dataDir = await mkdtemp(join(dir, 'reused-'));
  const file = join(dataDir, 'temporal.process.json');
  const identity = await identify(bystander.pid ?? NaN);
  const old = { name: 'Temporal', ...identity, startTime: '1', startedAt: new Date().toISOString(), ports: { port: 1, uiPort: 2 } };
  await writeFile(file, JSON.stringify(old));
  expect(await findTemporal(dataDir)).toBeUndefined();
  await expect(stopRecorded(file)).resolves.toBe(false);
  expect(await identify(bystander.pid ?? NaN)).toEqual(identity);
  bystander.kill('SIGKILL');
  await once(bystander, 'exit');
});

test('tells the CLI what our own server has built in', () => {
  const args = cliArgs({
    dbFile: 't.db',
    port: 1,
    uiPort: 2,
    namespace: 'default',
    searchAttributes: { One: 'KEYWORD', Two: 'KEYWORD_LIST' },
  });
  const text = args.join(' ');
  expect(text).toMatch(/^server start-dev /);
  for (const part of ['--db-filename t.db', '--search-attribute One=Keyword', '--search-attribute Two=KeywordList'])
    expect(text).toContain(part);
  expect(text).toContain('--sqlite-pragma journal_mode=wal');
  expect(text).toContain('--dynamic-config-value history.transferProcessorMaxPollRPS=2000');
});

const waiting = (workflowId: string) => ({
  namespace: 'default',
  workflowId,
  requestId: workflowId,
  workflowType: { name: 'nobody-runs-it' },
  taskQueue: { name: 'nobody-polls-it' },
});

async function withConnection<T>(address: string, use: (service: Connection['workflowService']) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(connection.workflowService);
  } finally {
    await connection.close();
  }
}

async function goneWithin(pid: number, withinMs: number): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  while (await identify(pid)) {
    if (Date.now() > deadlineMs) throw new Error(`pid ${pid} still lives`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
