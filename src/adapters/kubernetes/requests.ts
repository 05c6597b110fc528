import { setTimeout as sleep } from 'node:timers/promises';
import axios, { isAxiosError, type AxiosResponse } from 'axios';
import * as z from 'zod';
import { KubernetesError } from '../../domain/kubernetes/port.ts';
import type { Access } from './connect.ts';

/** One request to the API server. */
export interface ApiRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  contentType?: string;
  /** Whether a request that the server said it did not take, or that read only, is sent again. */
  again: 'reads' | 'refused' | 'never';
}

const ANSWER_WITHIN_MS = 10_000;
const MAX_BODY_BYTES = 64 * 1024 ** 2;
const TRIES = 5;
const WAIT_MS = 250;
const MAX_WAIT_MS = 4_000;

/** As the API answers when it refuses: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status. */
const Status = z.object({
  message: z.string().default(''),
  reason: z.string().default(''),
  details: z
    .object({ causes: z.array(z.object({ reason: z.string().default(''), message: z.string().default('') })).default([]) })
    .optional(),
});

/** Sends requests to an API server, again where that can do no harm. @returns the body of the answer, undefined on 404 of a read */
export const createRequests = (access: () => Promise<Access>) =>
  async function send(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const answer = await sendOnce(request, access, signal);
      if (!(answer instanceof KubernetesError)) return answer.data;
      if (request.method === 'GET' && answer.status === 404) return undefined;
      if (attempt === TRIES || !mayRepeat(request, answer)) throw answer;
      const askedFor = (answer as KubernetesError & { retryAfterMs?: number }).retryAfterMs ?? 0;
      await sleep(Math.min(MAX_WAIT_MS, Math.max(askedFor, WAIT_MS * 2 ** (attempt - 1))), undefined, { signal });
    }
  };

/** 429 says that nothing was done. After anything else a change may have been made. */
function mayRepeat({ again }: ApiRequest, { status }: KubernetesError): boolean {
  if (again === 'never') return false;
  return status === 429 || (again === 'reads' && (status === 0 || status >= 500));
}

async function sendOnce(
  { method, path, query, body, contentType }: ApiRequest,
  access: () => Promise<Access>,
  signal: AbortSignal,
): Promise<AxiosResponse<unknown> | KubernetesError> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
  const what = `${method} ${path}`;
  try {
    const { server, headers, agent } = await Promise.race([access(), rejected(deadline)]); // a plugin that gives credentials may hang
    const answer = await axios.request<unknown>({
      method,
      url: `${server}${path}`,
      ...(query && { params: query }),
      ...(body !== undefined && { data: JSON.stringify(body) }),
      headers: { ...headers, Accept: 'application/json', ...(body !== undefined && { 'Content-Type': contentType ?? 'application/json' }) },
      httpsAgent: agent,
      proxy: false,
      maxRedirects: 0,
      maxContentLength: MAX_BODY_BYTES,
      validateStatus: () => true,
      signal: deadline,
    });
    return answer.status < 300 ? answer : refusal(what, answer);
  } catch (error) {
    signal.throwIfAborted();
    const why = deadline.aborted
      ? `no answer within ${ANSWER_WITHIN_MS / 1_000} s`
      : isAxiosError(error)
        ? (error.code ?? 'failed')
        : 'failed';
    return new KubernetesError(`the API server did not answer ${what}: ${why}`, 0, 'NoAnswer'); // no cause: it holds the headers
  }
}

/** Rejects when the signal aborts. */
const rejected = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));

function refusal(what: string, { status, data, headers }: AxiosResponse<unknown>): KubernetesError {
  const said = Status.safeParse(data);
  const { message, reason, details } = said.success ? said.data : { message: '', reason: '', details: undefined };
  const error = new KubernetesError(
    `${what} answered ${status}${message === '' ? '' : `: ${message.slice(0, 500)}`}`,
    status,
    reason,
    details?.causes ?? [],
  );
  const retryAfterMs = Number(headers['retry-after']) * 1_000;
  return Number.isFinite(retryAfterMs) ? Object.assign(error, { retryAfterMs }) : error;
}
