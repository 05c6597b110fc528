import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createHttp } from '../../src/adapters/http/request.ts';
import { createProbePorts } from '../../src/adapters/probes/index.ts';
import { kubernetes } from '../support/no-cluster.ts';

/** What reached the other side, byte for byte. */
async function received(ask: (url: string) => Promise<unknown>): Promise<string> {
  let bytes = '';
  const server = createServer((socket) =>
    socket
      .on('error', () => undefined)
      .on('data', (chunk) => {
        bytes += chunk.toString();
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await ask(`http://127.0.0.1:${port}/x`).catch(() => undefined);
  await new Promise((resolve) => server.close(resolve));
  return bytes;
}

describe.each(['a\r\nhost: evil.example', 'a\nx-more: 1', 'a\r\n\r\nGET /second HTTP/1.1'])('a value %j', (value) => {
  test.each([
    ['a probe', { 'x-a': value }],
    ['a probe, in a name', { [`x-a: 1\r\n${value}`]: 'b' }],
  ])('never breaks out of a header of %s', async (_what, headers) => {
    const probes = createProbePorts({ secrets: { get: () => Promise.reject(new Error('none')) }, kubernetes });
    const bytes = await received((url) => probes.http.request({ url, headers, signal: AbortSignal.timeout(3_000) }));
    expect(bytes).not.toMatch(/evil|x-more|second/);
    await probes.close();
  });
  test.each([
    ['a remedy', { 'x-a': value }],
    ['a remedy, in a name', { [`x-a: 1\r\n${value}`]: 'b' }],
  ])('never breaks out of a header of %s', async (_what, headers) => {
    const http = createHttp();
    const bytes = await received((url) =>
      http.send({ method: 'POST', url, headers, json: {}, timeoutMs: 3_000 }, new AbortController().signal),
    );
    // a newline is taken out or the request is not sent: what follows never begins a line of its own
    expect(bytes).not.toMatch(/^(host: evil|x-more:|GET \/second)/m);
    http.close();
  });
});
