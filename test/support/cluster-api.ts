import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { apiAccess } from './kubeconfig.ts';

const ANSWER_WITHIN_MS = 20_000;

/** One request to the API server. */
export interface ApiRequest {
  method?: 'GET' | 'POST' | 'DELETE';
  path: string;
  body?: object;
  /** As whom: the administrator by default, else whoever the bearer token belongs to. `''`: nobody. */
  token?: string;
}

/**
 * Asks the API server without a client library, so that a test sees the very status and body.
 * @throws Error when it cannot be reached, or does not answer in 20 seconds
 */
export async function askApi({ method = 'GET', path, body, token }: ApiRequest): Promise<{ status: number; body: string }> {
  const { server, authority, certificate, key } = apiAccess();
  const identity = token === undefined ? { cert: certificate, key } : {};
  return new Promise((answered, failed) => {
    const asked = request(new URL(path, server), {
      method,
      ca: authority,
      ...identity,
      headers: { accept: 'application/json', 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      agent: false,
    });
    asked.once('error', failed);
    asked.once('response', (response) => {
      text(response).then((body) => answered({ status: response.statusCode ?? 0, body }), failed);
    });
    asked.end(body && JSON.stringify(body));
  });
}
