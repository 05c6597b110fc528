import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios, { type AxiosError, type AxiosResponse } from 'axios';
import type { HttpAnswer, HttpPort, HttpRequest } from '../../probes/ports.ts';

/** Enough for a thousand probes a second that each take a quarter of one; more wait for a free socket. Per origin. */
const MAX_SOCKETS = 256;
const DEFAULT_MAX_BYTES = 10_485_760;

const isBrokenReuse = (error: unknown): boolean => {
  const { code, request } = error as { code?: string; request?: { reusedSocket?: boolean } };
  return request?.reusedSocket === true && (code === 'ECONNRESET' || code === 'EPIPE');
};

const headerTexts = (headers: AxiosResponse['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : String(value)]),
  );

/**
 * HTTP over shared keep-alive connections, directly: proxy variables of the environment are not followed, because then the proxy would be measured.
 * A kept connection that the server closed just as it was used is tried once more (not for POST), as any HTTP client should.
 */
export function createHttp(): HttpPort & { close(): void } {
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: 64 };
  const [httpAgent, httpsAgent] = [new HttpAgent(options), new HttpsAgent(options)];
  const client = axios.create({
    httpAgent,
    httpsAgent,
    proxy: false,
    maxRedirects: 0,
    responseType: 'text',
    transformResponse: [(body: unknown) => body],
    validateStatus: () => true,
    headers: { 'user-agent': 'breakwater' },
  });
  const send = async ({
    url,
    method = 'GET',
    headers = {},
    body,
    maxBytes = DEFAULT_MAX_BYTES,
    signal,
  }: HttpRequest): Promise<HttpAnswer> => {
    const [sentMs, start] = [Date.now(), performance.now()];
    const response = await client.request<string>({ url, method, headers, data: body, maxContentLength: maxBytes, signal });
    const elapsedMs = performance.now() - start;
    return { status: response.status, headers: headerTexts(response.headers), body: response.data, sentMs, elapsedMs };
  };
  return {
    request: (request) =>
      send(request).catch((error: unknown) =>
        request.method !== 'POST' && isBrokenReuse(error) ? send(request) : Promise.reject(plain(error)),
      ),
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

/** Axios' errors carry the whole request with its headers; only the message may leave. */
function plain(error: unknown): Error {
  const { message, code, cause } = error as AxiosError & { cause?: { errors?: { message?: string }[] } };
  return new Error(message || cause?.errors?.[0]?.message || code || 'the request failed');
}
