import axios, { isAxiosError } from 'axios';
import type { HttpAnswer, HttpPort, HttpRequest } from '../../remedies/ports.ts';
import { guardedAgents } from './metadata-guard.ts';

const MAX_BODY_BYTES = 1024 ** 2;
const MAX_REDIRECTS = 3;

/**
 * HTTP over kept connections, without proxies. Redirects are followed on the same host only, because headers may carry secrets.
 * @param maxRedirects 0: a redirect is an answer like any other
 */
export function createHttp({ maxRedirects = MAX_REDIRECTS } = {}): HttpPort & { close(): void } {
  const { http: httpAgent, https: httpsAgent } = guardedAgents({ keepAlive: true });
  const agents = { httpAgent, httpsAgent };
  const client = axios.create({
    ...agents,
    proxy: false,
    maxRedirects,
    maxContentLength: MAX_BODY_BYTES,
    validateStatus: () => true,
    responseType: 'text',
    transformResponse: (body: unknown) => body,
  });
  return {
    async send({ method, url, headers, json, timeoutMs }: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
      const { host } = new URL(url);
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const beforeRedirect = (options: Record<string, unknown>) => {
        if (options['host'] !== host) throw new Error(`it redirects to another host (${String(options['host'])})`);
      };
      const request = { method, url, headers, signal: deadline, beforeRedirect, ...(json === undefined ? {} : { data: json }) };
      try {
        const { status, data } = await client.request<string>(request);
        return { status, body: data };
      } catch (error) {
        signal.throwIfAborted();
        const why = deadline.aborted ? `no answer within ${timeoutMs} ms` : isAxiosError(error) ? (error.code ?? error.message) : 'failed';
        throw new Error(`${method} ${addressOf(url)}: ${isAxiosError(error) && !deadline.aborted ? `${why} ${error.message}` : why}`); // no cause: it holds the headers
      }
    },
    close() {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

/** Without the query, which may hold a token. */
function addressOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
