import { request as askHttp, type Agent as HttpAgent, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as askHttps } from 'node:https';
import type { HttpAnswer, HttpPort, HttpRequest } from '../../probes/ports.ts';
import { guardedAgents } from '../http/metadata-guard.ts';
import { readBody } from './http-body.ts';

/** Enough for a thousand probes a second that each take a quarter of one; more wait for a free socket. Per origin. */
const MAX_SOCKETS = 256;
const DEFAULT_MAX_BYTES = 10_485_760;
const HEADERS = { accept: '*/*', 'accept-encoding': 'gzip, deflate, br', 'user-agent': 'breakwater' };

/** The server closed a kept connection just as it was used. */
class BrokenReuse extends Error {}

/**
 * HTTP over shared keep-alive connections, directly: proxy variables of the environment are not followed, because then the proxy would be measured.
 * A kept connection that the server closed just as it was used is tried once more (not for POST), as any HTTP client should.
 * Node's own client and no library above it: a worker asks a thousand times a second, and most of what that costs was the library's.
 */
export function createHttp(): HttpPort & { close(): void } {
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: 64 };
  const { http, https } = guardedAgents(options);
  const send = async (request: HttpRequest): Promise<HttpAnswer> => {
    const [sentMs, start] = [Date.now(), performance.now()];
    const isTls = request.url.startsWith('https:');
    const { response, body } = await exchange(request, isTls ? askHttps : askHttp, isTls ? https : http);
    return { status: response.statusCode ?? 0, headers: headerTexts(response), body, sentMs, elapsedMs: performance.now() - start };
  };
  return {
    request: (request) =>
      send(request)
        .catch((error: unknown) =>
          error instanceof BrokenReuse && request.method !== 'POST' ? send(request) : Promise.reject(error as Error),
        )
        .catch((error: unknown) => Promise.reject(plain(error))),
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

/** One request and its whole answer. Leaves no listener behind at the signal, which may outlive it by hours. */
function exchange(
  { url, method = 'GET', headers, body, maxBytes = DEFAULT_MAX_BYTES, signal }: HttpRequest,
  ask: typeof askHttp,
  agent: HttpAgent,
): Promise<{ response: IncomingMessage; body: string }> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const options: RequestOptions = { method, agent, headers: { ...HEADERS, ...headers } };
    const request = ask(url, options, (response) => {
      readBody(response, method === 'HEAD', maxBytes).then((text) => {
        signal.removeEventListener('abort', leave);
        resolve({ response, body: text });
      }, fail);
    });
    const leave = (): void => void request.destroy(signal.reason instanceof Error ? signal.reason : new Error('interrupted'));
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', leave);
      request.destroy();
      reject(request.reusedSocket && isReset(error) ? new BrokenReuse(String(error)) : (error as Error));
    };
    signal.addEventListener('abort', leave, { once: true });
    request.once('error', fail);
    request.end(body);
  });
}

const isReset = (error: unknown): boolean => ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '');

const headerTexts = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );

/** Only the message may leave; of several addresses that were tried the first one's. */
function plain(error: unknown): Error {
  const { message, code, errors } = error as { message?: string; code?: string; errors?: { message?: string }[] };
  return new Error(message || errors?.[0]?.message || code || 'the request failed');
}
