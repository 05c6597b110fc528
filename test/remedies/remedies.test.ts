import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommands } from '../../src/adapters/command/run.ts';
import { createHttp } from '../../src/adapters/http/request.ts';
import { linuxSource } from '../../src/adapters/process/linux.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { RemedySpec, remedies } from '../../src/remedies/index.ts';
import { kubernetes } from '../support/no-cluster.ts';

const SECRET = 'do-not-print-me';
const never = new AbortController().signal;
const dir = mkdtempSync(join(tmpdir(), 'breakwater-remedies-'));
writeFileSync(join(dir, 'api-token'), `${SECRET}\n`);
const http = createHttp();
const secrets = createSecrets({ dir, env: { BREAKWATER_SECRET_OTHER_TOKEN: 'from-env' } });
const ports = {
  commands: createCommands({ PATH: process.env['PATH'], SECRET_OF_OURS: SECRET, BREAKWATER_PROCESS: '1' }),
  http,
  secrets,
  kubernetes,
};
const node = (program: string) => [process.execPath, '-e', program];

let server: Server;
let url: string;
const seen: { method?: string; url?: string; body: string; token?: string | string[] }[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    void read(request).then((body) => {
      seen.push({ method: request.method!, url: request.url!, body, token: request.headers['x-token']! });
      if (request.url === '/slow') return;
      if (request.url === '/away')
        response.writeHead(302, { location: `http://localhost:${(server.address() as AddressInfo).port}/caught` });
      else if (request.url === '/near') response.writeHead(302, { location: '/ok' });
      else if (request.url === '/huge') response.writeHead(200).write('x'.repeat(2 * 1024 ** 2));
      else response.writeHead(request.url === '/broken' ? 500 : 202);
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  http.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true, force: true });
});

const read = async (request: IncomingMessage) => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
};
const send = (path: string, more: object = {}) =>
  remedies['http-request'].apply({ kind: 'http-request', url: url + path, ...more }, ports, never);

describe('http-request', () => {
  test('sends JSON and secrets by name, and says what came back', async () => {
    seen.length = 0;
    expect(await send('/ok?token=x', { method: 'PUT', json: { workers: 4 }, headers: { 'x-token': { secret: 'api-token' } } })).toBe(
      `PUT ${url}/ok answered 202`,
    );
    expect(seen).toEqual([{ method: 'PUT', url: '/ok?token=x', body: '{"workers":4}', token: SECRET }]);
  });

  test('redirects stay on the host: a secret does not travel', async () => {
    seen.length = 0;
    await expect(send('/away', { method: 'GET', headers: { 'x-token': { secret: 'api-token' } } })).rejects.toThrow(/another host/);
    expect(seen.map((request) => request.url)).toEqual(['/away']);
    expect(await send('/near', { method: 'GET' })).toContain('202');
  });

  test.each<[string, object, RegExp]>([
    ['/broken', {}, /answered 500, expected 200/],
    ['/slow', { timeout: '150ms' }, /no answer within 150 ms/],
    ['/huge', {}, /maxContentLength/],
  ])('%s is an error that names the address and no secret', async (path, more, message) => {
    const error = await send(path, { ...more, headers: { 'x-token': { secret: 'api-token' } } }).then(
      () => undefined,
      (cause: unknown) => cause as Error,
    );
    expect(error?.message).toMatch(message);
    expect(error?.message).toContain(url + path);
    expect(JSON.stringify([error, error?.message, error?.stack, error?.cause])).not.toContain(SECRET);
  });
});

describe('command', () => {
  test('gets neither our credentials nor our mark, and no shell', async () => {
    const { stdout } = await ports.commands.run(
      { argv: [...node('console.log(JSON.stringify([process.env,process.argv]))'), '$(id); *'], timeoutMs: 5_000 },
      never,
    );
    expect(stdout).not.toContain(SECRET);
    expect(stdout).not.toContain('BREAKWATER_PROCESS');
    expect(stdout).toContain('$(id); *');
  });

  test('expected and unexpected exit codes', async () => {
    expect(await remedies.command.apply({ kind: 'command', argv: node('process.exit(4)'), expectExitCodes: [4] }, ports, never)).toMatch(
      /exit code 4/,
    );
    await expect(
      remedies.command.apply({ kind: 'command', argv: node('console.error("token");process.exit(5)') }, ports, never),
    ).rejects.toThrow(/exit code 5, expected 0$/);
    await expect(remedies.command.apply({ kind: 'command', argv: ['/no/such'] }, ports, never)).rejects.toThrow(
      "'/no/such' cannot be started: ENOENT",
    );
  });

  test('a time-out ends the program and what it started; output is bounded', async () => {
    const program = `const c=require('child_process').spawn('sleep',['1000'],{stdio:'inherit'});console.log(c.pid);setInterval(()=>{},1000)`;
    const result = await ports.commands.run({ argv: node(program), timeoutMs: 400 }, never);
    expect(result).toMatchObject({ timedOut: true, endedBy: 'SIGKILL', exitCode: null });
    const grandchild = Number(result.stdout);
    expect(grandchild).toBeGreaterThan(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(linuxSource.vitals(grandchild)?.state ?? 'gone').toMatch(/gone|Z/); // a zombie waits for its new parent
    const loud = await ports.commands.run({ argv: node('process.stdout.write("x".repeat(200000))'), timeoutMs: 5_000 }, never);
    expect(loud).toMatchObject({ truncated: true, exitCode: 0 });
    expect(loud.stdout.length).toBe(64 * 1024);
  });

  test('an abort ends it', async () => {
    const startedMs = Date.now();
    await expect(ports.commands.run({ argv: ['sleep', '1000'], timeoutMs: 60_000 }, AbortSignal.timeout(100))).rejects.toThrow();
    expect(Date.now() - startedMs).toBeLessThan(3_000);
  });

  test('a daemon that keeps the pipes open does not hold the command', async () => {
    const program = `require('child_process').spawn('sleep',['3'],{stdio:'inherit',detached:true}).unref()`;
    expect(await ports.commands.run({ argv: node(program), timeoutMs: 10_000 }, never)).toMatchObject({ exitCode: 0, timedOut: false });
  });
});

test('service-start starts only what does not run', async () => {
  const flag = join(dir, 'runs');
  const spec = {
    kind: 'service-start',
    status: node(`process.exit(require('fs').existsSync(${JSON.stringify(flag)})?0:3)`),
    start: node(`require('fs').writeFileSync(${JSON.stringify(flag)},'')`),
  };
  expect(await remedies['service-start'].apply(spec, ports, never)).toMatch(/^started/);
  expect(await remedies['service-start'].apply(spec, ports, never)).toBe('the service runs already');
});

test('secrets come from files, then from the environment; errors name the secret', async () => {
  expect(await secrets.get('api-token')).toBe(SECRET);
  expect(await secrets.get('other-token')).toBe('from-env');
  await expect(secrets.get('absent')).rejects.toThrow(/secret 'absent' is not there/);
  await expect(secrets.get('../etc/passwd')).rejects.toThrow(/no name of a secret/);
});

test.each([
  { kind: 'command', argv: 'systemctl restart x' },
  { kind: 'command', argv: [] },
  { kind: 'http-request', url: 'ftp://x/' },
  { kind: 'http-request', url: 'http://me:pass@x/' },
  { kind: 'http-request', url: 'http://x/', headers: { a: { secret: '../b' } } },
  { kind: 'http-request', url: 'http://x/', body: 'x' },
])('%j is refused', (spec) => expect(RemedySpec.safeParse(spec).success).toBe(false));
