import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { LookupAddress } from 'node:dns';
import type { AddressInfo } from 'node:net';
import { isMetadata } from '../../src/adapters/http/metadata-guard.ts';
import { createHttp as createRemedyHttp } from '../../src/adapters/http/request.ts';
import { createHttp as createProbeHttp } from '../../src/adapters/probes/http.ts';

/** What a name server says, answer by answer: the last one for ever. */
const names: Record<string, string[][]> = {};
jest.mock('node:dns', () => ({
  ...jest.requireActual<object>('node:dns'),
  lookup: (host: string, options: { all?: boolean }, callback: (error: null, found: string | LookupAddress[], family?: number) => void) => {
    const answers = names[host] ?? [['127.0.0.1']];
    const found = answers.length > 1 ? answers.shift()! : answers[0]!;
    process.nextTick(() => {
      if (options.all)
        callback(
          null,
          found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        );
      else callback(null, found[0]!, 4);
    });
  },
}));

test.each([
  ['169.254.169.254', true],
  ['169.254.0.1', true],
  ['::ffff:169.254.169.254', true],
  ['::ffff:a9fe:a9fe', true],
  ['[fe80::1]', true],
  ['fe80::1%eth0', true],
  ['fd00:ec2::254', true],
  ['64:ff9b::a9fe:a9fe', true],
  ['100.100.100.200', true],
  ['168.63.129.16', true],
  ['127.0.0.1', false],
  ['10.0.0.1', false],
  ['169.253.255.255', false],
  ['169.255.0.1', false],
  ['fd00::1', false],
  ['::1', false],
  ['metadata.google.internal', false],
  ['', false],
])('%s: %s', (address, expected) => {
  expect(isMetadata(address)).toBe(expected);
});

const [probes, remedies] = [createProbeHttp(), createRemedyHttp()];
const doors: [string, (url: string) => Promise<unknown>][] = [
  ['a probe', (url) => probes.request({ url, signal: AbortSignal.timeout(5_000) })],
  ['a remedy', (url) => remedies.send({ method: 'GET', url, headers: {}, timeoutMs: 5_000 }, new AbortController().signal)],
];
let server: Server;
let port: number;
let asked: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/away') response.statusCode = 302;
    if (request.url === '/away') response.setHeader('location', 'http://169.254.169.254/latest/meta-data/');
    response.setHeader('connection', 'close').end('fine');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  probes.close();
  remedies.close();
  server.close();
});
beforeEach(() => {
  asked = [];
});

describe.each(doors)('%s', (_what, ask) => {
  test.each([
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '[fe80::1]',
    '[::ffff:169.254.169.254]',
    '[fd00:ec2::254]',
  ])('asks nothing of %s', async (host) => {
    await expect(ask(`http://${host}/latest/meta-data/`)).rejects.toThrow(/link-local or cloud metadata/);
    await expect(ask(`https://${host}/latest/meta-data/`)).rejects.toThrow(/link-local or cloud metadata/);
  });

  test('asks nothing of a name that leads there, also when only one of its addresses does', async () => {
    names['one.example'] = [['169.254.169.254']];
    names['both.example'] = [['127.0.0.1', 'fe80::1']];
    for (const name of ['one.example', 'both.example'])
      await expect(ask(`http://${name}:${port}/`)).rejects.toThrow(/link-local or cloud metadata/);
    expect(asked).toEqual([]);
  });

  test('is not led there by a name that changes', async () => {
    names['rebound.example'] = [['127.0.0.1'], ['169.254.169.254']];
    await expect(ask(`http://rebound.example:${port}/first`)).resolves.toMatchObject({ status: 200 });
    await expect(ask(`http://rebound.example:${port}/second`)).rejects.toThrow(/link-local or cloud metadata/);
    expect(asked).toEqual(['/first']);
  });

  test('is not led there by a redirect', async () => {
    const answer = await ask(`http://127.0.0.1:${port}/away`).catch((error: Error) => ({ status: 302, error }));
    expect(answer).toMatchObject({ status: 302 }); // a probe takes it as its answer, a remedy refuses it
    expect(asked).toEqual(['/away']);
  });

  test('asks everybody else', async () => {
    await expect(ask(`http://127.0.0.1:${port}/`)).resolves.toMatchObject({ status: 200, body: 'fine' });
  });
});
